"""The manual's page on a language of one's own, done word for word."""

import gzip
import json
import re
import struct
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from auroram.config.load import load_recipe
from auroram.corpus.harm import Harm
from auroram.corpus.languages import Language
from auroram.corpus.published import only
from auroram.corpus.quality import Quality, failures_of
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.corpus.stage import run
from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.text.buffers import Buffer
from auroram.text.signals import SIGNALS, signals_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "own-language.md"
TEXTS = ROOT / "benchmarks" / "data" / "languages.jsonl.gz"


def paragraphs(language):
    with gzip.open(TEXTS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        row["text"] for row in rows if (row["set"], row["language"]) == ("declaration", language)
    ]


def documents(language, size=10):
    lines = paragraphs(language)
    return ["\n".join(lines[i : i + size]) for i in range(0, len(lines) - size + 1, size)]


def inputs(root, progress=None):
    return Inputs(root=root, name="corpus", seed=1, stages={}, progress=progress or Silent())


class Heard(Silent):
    """Keeps what was begun."""

    def __init__(self):
        self.begun = []

    def start(self, task, **_):
        self.begun.append(task)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The page's two files beside Estonian with a Finnish page among it, and what came of it."""
    root = tmp_path_factory.mktemp("own")
    blocks = re.findall(r"`([\w.]+)`:\n\n```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for name, content in blocks:
        (root / name).write_text(content)
    (root / "model").mkdir()
    texts = [*documents("et"), documents("fi")[0]]
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    (root / "declaration.et.jsonl").write_text("\n".join(rows))
    loaded = load_recipe([root / "recipe.toml", root / "et.toml"])
    run(loaded.recipe.stages["corpus"], inputs(root), root / "out")
    return loaded.recipe.stages["corpus"], root / "out"


def test_the_settings_file_says_how_the_language_is_told(followed):
    settings, _ = followed
    assert settings.languages["et"].labels == ("et",)
    assert settings.quality["et"].lowest_characters == 200


def test_estonian_stays_and_finnish_goes(followed):
    _, out = followed
    files = sorted((out / "documents").rglob("et*.parquet"))
    kept = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert len(kept) == len(documents("et"))
    assert not any("Artikla" in row["text"] or "julistus" in row["text"] for row in kept)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("Olck", "ᱡᱚᱛᱚ ᱦᱚᱲ ᱜᱮ ᱯᱷᱩᱨᱜᱟᱹᱞ ᱟᱨ ᱢᱟᱱ ᱥᱟᱶ ᱠᱚ ᱡᱟᱱᱟᱢ ᱟᱠᱟᱱᱟ"),
        ("Tfng", "ⵉⵎⴷⴰⵏⵏ ⴰⴽⴽⵯ ⴰⵔ ⴷ ⵜⵜⵍⴰⵍⴰⵏ ⴳⴰⵏ ⵉⵍⴻⵍⵍⵉⵜⵏ ⵎⴳⴰⴷⴷⴰⵏ"),
        ("Syrc", "ܟܠ ܒܪܢܫܐ ܒܪܝܠܗ ܚܐܪܐ ܘܒܪܒܪ ܓܘ ܐܝܩܪܐ ܘܙܕܩܐ"),
        ("Thaa", "ހުރިހާ އިންސާނުން އުފަންވެފައިވަނީ މިނިވަންކަމާއެކު"),
    ],
)
def test_a_script_of_ones_own_tells_its_language(tmp_path, script, line):
    texts = [f"{line} {i}\n{documents('fi')[0]}" for i in range(6)]
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    (tmp_path / "own.jsonl").write_text("\n".join(rows))
    settings = Corpus(
        sources={"own": Source(files=("own.jsonl",), language="xx", licence="CC0-1.0")},
        languages={"xx": Language(script=script, decided_by="script")},
        quality={"xx": only()},
    )
    run(settings, inputs(tmp_path), tmp_path / "out")
    kept = pq.read_table(tmp_path / "out" / "documents").to_pylist()
    assert kept and all(line in row["text"] and "julistus" not in row["text"] for row in kept)


UNSPACED = {
    (
        "zh",
        "Hans",
    ): "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。"
    "任何人不得使为奴隶或奴役;一切形式的奴隶制度和奴隶买卖,均应予以禁止。",
    ("th", "Thai"): "คนทุกคนมีสิทธิในการดำรงชีวิต เสรีภาพ และความมั่นคงแห่งตัวตน บุคคลใด ๆ จะถูกยึดเป็นทาส "
    "หรือต้องภาระจำยอมไม่ได้ความเป็นทาษ และการค้าทาษเป็นห้ามขาดทุกรูป",
    ("km", "Khmr"): "មនុស្សទាំងអស់ កើតមកមានសេរីភាព និងសមភាព ក្នុងផ្នែកសេចក្ដីថ្លៃថ្នូរនិងសិទ្ធិ។ "
    "មនុស្ស មានវិចារណញ្ញាណនិងសតិសម្បជញ្ញៈជាប់ពីកំណើត",
    ("ban", "Bali"): "ᬫᬓᬲᬫᬶᬫᬦᬸᬲᬦᬾᬓᭂᬫ᭄ᬩᬲᬶᬦ᭄ᬫᬳᬃᬤᬶᬓᬮᬦ᭄ᬧᬢᭂᬄᬲᬚ᭄ᬭᭀᬦᬶᬂᬓᬳᬦᬦ᭄ᬮᬦ᭄ᬓᬸᬲ᭟"
    "ᬳᬶᬧᬸᬦ᭄ᬓᬵᬦᬸᬕ᭄ᬭᬳᬶᬦ᭄ᬯᬶᬯᬾᬓᬮᬦ᭄ᬩᬸᬤ᭄ᬥᬶ᭟ᬧᬦ᭄ᬢᬭᬦᬶᬂᬫᬦᬸᬲᬫᬗ᭄ᬤᬦᬾᬧᬭᬲ᭄ᬧᬭᭀᬲ᭄ᬫᬲᭂᬫᭂᬢᭀᬦᬦ᭄᭟",
}


@pytest.mark.parametrize("own", UNSPACED)
def test_prose_without_spaces_passes_the_bounds_of_a_language_that_has_none_of_its_own(own):
    tag, script = own
    sources = {"own": Source(files=("own.jsonl",), language=tag, licence="CC0-1.0")}
    bounds = Corpus(sources=sources, languages={tag: Language(script=script)}).quality[tag]
    figures = signals_of(Buffer.of([UNSPACED[own]])).figures
    assert failures_of(figures, SIGNALS, bounds)[0] == []


def test_bounds_that_no_text_without_spaces_keeps_are_refused():
    sources = {"own": Source(files=("own.jsonl",), language="ja", licence="CC0-1.0")}
    with pytest.raises(ValueError, match=r"'ja' asks for units of 2\.5 .* lowest_mean_unit = 1\.0"):
        Corpus(sources=sources, quality={"ja": Quality(lowest_characters=400)})


def classifier(path, labels):
    """Write a fastText classifier of two labels; `tere` speaks for one, `hei` for the other."""
    words = [b"</s>", b"tere", b"hei"]
    data = struct.pack("<2i", 793712314, 12)
    data += struct.pack("<12id", 2, 5, 5, 1, 5, 1, 3, 3, 0, 2, 4, 100, 1e-4)
    data += struct.pack("<3i2q", 5, 3, 2, 10, -1)
    for number, word in enumerate([*words, *(f"__label__{label}".encode() for label in labels)]):
        data += word + b"\0" + struct.pack("<qb", 5, int(number >= len(words)))
    for rows in ([[0, 0], [99, 0], [0, 99]], [[1, 0], [0, 1]]):
        weights = np.array(rows, "<f4")
        data += b"\0" + struct.pack("<2q", *weights.shape) + weights.tobytes()
    path.write_bytes(data)


def curated_by_a_model(root, progress=None, *, harm=None, **changes):
    texts = ["tere " * 30 + str(i) + "\n" + "hei " * 30 for i in range(6)]
    (root / "own.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    classifier(root / "own.bin", ["est_Latn", "fin_Latn"])
    language = Language(script="Latn", identifier="own.bin", **changes)
    settings = Corpus(
        sources={"own": Source(files=("own.jsonl",), language="xx", licence="CC0-1.0")},
        languages={"xx": language},
        quality={"xx": only()},
        harm=harm or Harm(),
    )
    run(settings, inputs(root, progress), root / "out")
    return settings


def test_a_model_of_ones_own_tells_the_language_and_is_a_file_of_the_stage(tmp_path):
    settings = curated_by_a_model(tmp_path, labels=("est_Latn",))
    kept = pq.read_table(tmp_path / "out" / "documents").to_pylist()
    assert kept and all("tere" in row["text"] and "hei" not in row["text"] for row in kept)
    assert settings.files() == ("own.bin", "own.jsonl")


def test_a_model_without_a_label_of_the_language_is_refused_before_a_source_is_read(tmp_path):
    heard = Heard()
    with pytest.raises(DataError, match=r"languages\.xx: own\.bin has no label xx; name"):
        curated_by_a_model(tmp_path, heard)
    assert not heard.begun


def test_a_damaged_list_of_harmful_words_is_refused_before_a_source_is_read(tmp_path):
    heard = Heard()
    (tmp_path / "words.toml").write_text("slur = [")
    with pytest.raises(DataError, match=r"words\.toml"):
        curated_by_a_model(
            tmp_path, heard, harm=Harm(lists={"xx": ("words.toml",)}), labels=("est_Latn",)
        )
    assert not heard.begun


@pytest.mark.parametrize(
    ("script", "hint"), [("olck", "did you mean 'Olck'"), ("Ol Chiki", "such as 'Latn' or 'Olck'")]
)
def test_a_script_that_there_is_not_is_refused(script, hint):
    with pytest.raises(ValueError, match=hint):
        Language(script=script)


def test_languages_without_a_script_are_named_all_at_once():
    sources = {
        tag: Source(files=("own.jsonl",), language=tag, licence="CC0-1.0") for tag in ("et", "th")
    }
    with pytest.raises(ValueError, match=r"script of 'et', 'th', as in languages\.et = \{ script"):
        Corpus(sources=sources)


def test_what_went_is_in_the_decisions(followed):
    _, out = followed
    decisions = pq.read_table(out / "decisions.parquet").to_pylist()
    assert [row["first"] for row in decisions if not row["kept"]] == ["no-text-of-language"]
