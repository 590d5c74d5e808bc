"""A hub with one data set on this machine, as far as its Parquet copy is listed and read."""

import json
import re
from functools import partial

import local_hub
from local_hub import COMMIT

BRANCH = "refs/convert/parquet"


class DataSets(local_hub.Answers):
    """One data set, whose files lie in its branch; spans of them can be asked for."""

    def part(self, status, content):
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not span:
            return status, content, {}
        first, last = int(span[1]), int(span[2])
        place = f"bytes {first}-{last}/{len(content)}"
        return 206, content[first : last + 1], {"Content-Range": place}

    def content(self, path, asked):
        api, files = f"/api/datasets/{self.name}", f"/datasets/{self.name}/resolve/{BRANCH}/"
        if path.startswith(files):
            return 200, (self.folder / path.removeprefix(files)).read_bytes()
        if not path.startswith(api):
            return 404, b"RepoNotFound"
        if path in (api, f"{api}/revision/{BRANCH}"):
            return 200, json.dumps({"id": self.name, "sha": COMMIT, "siblings": []}).encode()
        if path == f"{api}/paths-info/{BRANCH}":
            found = [self.folder / one for one in (asked or {}).get("paths", [])]
            return 200, json.dumps([self.entry(one) for one in found if one.exists()]).encode()
        listed = self.folder / path.removeprefix(f"{api}/tree/{BRANCH}").lstrip("/")
        if not listed.is_dir():
            return 404, b"EntryNotFound"
        return 200, json.dumps([self.entry(one) for one in sorted(listed.iterdir())]).encode()

    def entry(self, path):
        size = path.stat().st_size if path.is_file() else 0
        return {
            "type": "file" if path.is_file() else "directory",
            "path": path.relative_to(self.folder).as_posix(),
            "size": size,
            "oid": "b" * 40,
        }

    def tag(self, _content):
        return "file"


serve = partial(local_hub.serve, DataSets)
