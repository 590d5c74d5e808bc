import pytest

from auroram.records.files import UNFINISHED, atomic_path, sha256_of, write_text


def test_a_file_appears_whole(tmp_path):
    write_text(tmp_path / "deep" / "a.txt", "hyvää päivää")
    assert (tmp_path / "deep" / "a.txt").read_text() == "hyvää päivää"
    assert not list(tmp_path.rglob(f"*{UNFINISHED}"))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(OSError, match="full"), atomic_path(target) as beside:
        beside.write_text("half")
        raise OSError("full")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_the_digest_is_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")
