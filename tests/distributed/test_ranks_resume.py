"""What so many ranks saved, any other number goes on from."""

import pytest

from auroram.train.ranks.mesh import Mesh
from training_log import losses

HANDED_ON = {
    "four to one": ((4, Mesh(tensor=2, pipeline=2)), (1, Mesh())),
    "one to two": ((1, Mesh()), (2, Mesh(pipeline=2))),
    "two to four": ((2, Mesh()), (4, Mesh(tensor=2))),
}


@pytest.mark.slow
@pytest.mark.parametrize("starts", HANDED_ON.values(), ids=HANDED_ON)
def test_another_number_of_ranks_goes_on_from_the_last_checkpoint(
    tmp_path, training, train_on, alone, starts
):
    (before, cut), (after, mesh) = starts
    codes = train_on(before, training(mesh=cut), tmp_path, killed=0, after=12)
    assert any(codes)
    assert [path.name for path in (tmp_path / ".checkpoints").glob("*0")] == ["step-000010"]
    assert train_on(after, training(mesh=mesh), tmp_path) == [0] * after
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=1e-5)


@pytest.mark.slow
def test_a_killed_rank_ends_the_others_and_the_next_start_recovers(
    tmp_path, training, train_on, alone
):
    codes = train_on(2, training(), tmp_path, killed=1, after=13)
    assert codes == [1, -9]
    assert "rank 0 of 2 lost another rank" in (tmp_path / "error-0.txt").read_text()
    assert train_on(2, training(), tmp_path) == [0, 0]
    assert losses(tmp_path) == pytest.approx(losses(alone), abs=1e-4)
