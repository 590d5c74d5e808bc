"""A Ray cluster that is not there."""

import pytest

from auroram.adapters.ray import Ray
from auroram.errors import RunError
from engine_tasks import square
from free_ports import free_port

pytest.importorskip("ray", reason="the extra 'ray' is not installed")


@pytest.mark.parametrize("place", ["auto", "127.0.0.1:{}"], ids=["auto", "an address"])
def test_a_cluster_that_is_not_there_is_told_in_a_sentence(tmp_path, monkeypatch, place):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    address = place.format(free_port())
    engine = Ray(address=address).start(tmp_path)
    with pytest.raises(RunError, match=rf"^engine: no Ray cluster at '{address}' \(.*ray start"):
        next(engine.map(square, [1]))
