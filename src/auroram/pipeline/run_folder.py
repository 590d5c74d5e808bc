"""Where a run keeps what it made.

runs/<name>/
  recipe.json          every setting with its default, the order of the stages, the recipe's folder
  <stage>/             what the stage wrote, with its manifest.json
runs/.scores/          the scored items of all runs, a file a model
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from auroram.errors import DataError, UserError
from auroram.records.canonical import Json
from auroram.records.files import write_text
from auroram.records.manifest import MANIFEST_NAME, Finished, read_manifest

RECIPE_NAME = "recipe.json"
SCORES = ".scores"
"""Folder beside the runs that keeps the scored items of all of them."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run on disk; need not exist yet."""

    path: Path

    def stage(self, name: str) -> Path:
        """The folder of one stage."""
        return self.path / name

    def stage_names(self) -> list[str]:
        """The run's stages in order.

        Raises:
            DataError: where the folder is not a run.
        """
        return list(self.recipe()["order"])

    def recipe(self) -> Json:
        """What `write_recipe` wrote."""
        try:
            table: Json = json.loads((self.path / RECIPE_NAME).read_text())
        except (OSError, ValueError):
            raise DataError(
                f"{self.path}: not a run (it has no {RECIPE_NAME}); name the folder that "
                "`auroram run` made, such as runs/quickstart"
            ) from None
        return table

    def root(self) -> Path:
        """The folder that paths in the recipe are relative to, where the run was made."""
        return Path(self.recipe().get("root", "."))

    def title(self) -> str:
        """What the recipe calls the run's page; the folder's name where it has none."""
        stages = self.recipe()["settings"].get("stages", {}).values()
        titles = (one["title"] for one in stages if one.get("kind") == "report" and "title" in one)
        return next(titles, self.path.name)

    def write_recipe(self, order: list[str], resolved: Json, root: Path) -> None:
        """Record the settings that are about to run, and where the recipe lies."""
        table = {"order": order, "root": str(root.resolve()), "settings": resolved}
        write_text(self.path / RECIPE_NAME, json.dumps(table, indent=1, ensure_ascii=False) + "\n")

    def add_stage(self, name: str, resolved: Json) -> None:
        """Record one more stage, after all others, until the recipe is run again."""
        table = self.recipe()
        table["order"] = [*(one for one in table["order"] if one != name), name]
        table["settings"].setdefault("stages", {})[name] = resolved
        write_text(self.path / RECIPE_NAME, json.dumps(table, indent=1, ensure_ascii=False) + "\n")

    def finished(self) -> dict[str, Finished]:
        """The stages that are finished, in order, with their manifests read and checked."""
        return {
            name: Finished(folder=self.stage(name), manifest=read_manifest(self.stage(name)))
            for name in self.stage_names()
            if (self.stage(name) / MANIFEST_NAME).exists()
        }

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one process at a time.

        Raises:
            UserError: where another process is running this recipe, or a file is in the way.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path}: is a file, so no run can be kept there; name a folder")
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"{self.path}: another process is running here; wait for it or stop it"
                ) from None
            yield
