"""A hub of models on this machine, as far as a download needs it."""

import hashlib
import json
from functools import partial

import local_hub
from local_hub import COMMIT


class Models(local_hub.Answers):
    """One model at one commit."""

    def content(self, path, _asked):
        if not path.startswith((f"/api/models/{self.name}/", f"/{self.name}/resolve/")):
            return 404, b"RepoNotFound"
        if COMMIT not in path:
            return 404, b"RevisionNotFound"
        if not path.startswith("/api/"):
            return 200, (self.folder / path.rpartition("/")[2]).read_bytes()
        if "/tree/" in path:
            return 200, json.dumps([entry(file) for file in self.folder.iterdir()]).encode()
        return 200, json.dumps({"id": self.name, "sha": COMMIT, "siblings": []}).encode()

    def tag(self, content):
        return hashlib.sha256(content).hexdigest()


def entry(file):
    content = file.read_bytes()
    return {
        "type": "file",
        "path": file.name,
        "size": len(content),
        "oid": hashlib.sha256(content).hexdigest()[:40],
    }


serve = partial(local_hub.serve, Models)
