"""Worked studies that come with the package: where they are, and how one becomes a study of one's own."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from innospace.core.labels import require_known
from innospace.core.parts import ASIDE
from innospace.study.create import quoted, require_free
from innospace.study.folders import cannot_write
from innospace.study.load import FILE_NAME

SCENARIOS = "scenarios"
_TITLE = re.compile(r"^title = .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WorkedStudy:
    """A study that runs as it is on data that come with the package."""

    name: str
    title: str
    folder: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """Study file and scenarios, without what runs produced."""
        return (self.folder / FILE_NAME, *sorted((self.folder / SCENARIOS).glob("*.toml")))


def worked_studies() -> dict[str, WorkedStudy]:
    """Return the worked studies by name."""
    return {w.name: w for w in _found()}


def _found() -> Iterator[WorkedStudy]:
    for file in sorted(_folder().glob(f"*/{FILE_NAME}")):
        title = tomllib.loads(file.read_text(encoding="utf-8"))["study"]["title"]
        yield WorkedStudy(file.parent.name, title, file.parent)


def _folder() -> Path:
    """Return where they are: in the package, or in the source tree it is run from."""
    inside = Path(__file__).with_name("worked")
    return inside if inside.is_dir() else Path(__file__).parents[3] / "studies"


def create_like(folder: Path, name: str, title: str = "") -> list[Path]:
    """Make a study folder as a copy of a worked study.

    Parameters
    ----------
    folder : Path
        Must not exist, or be an empty folder.
    name : str
        A worked study, see :func:`worked_studies`.
    title : str
        Of the new study; that of the worked one when empty.

    Returns
    -------
    list of Path
        Files made.

    Raises
    ------
    StudyError
        The folder is taken.
    LabelError
        No such worked study; the nearest is given.
    StoreError
        The folder cannot be written.
    """
    require_free(folder)
    known = worked_studies()
    require_known([name], list(known), kind="worked study")
    model = known[name]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder.parent))
        try:
            for file in model.files:
                target = aside / file.relative_to(model.folder)
                target.parent.mkdir(exist_ok=True)
                text = _own(file.read_text(encoding="utf-8"), model, folder, title if file.name == FILE_NAME else "")
                target.write_text(text, encoding="utf-8", newline="\n")
            aside.chmod(0o755)
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return [folder / file.relative_to(model.folder) for file in model.files]


def _own(text: str, model: WorkedStudy, folder: Path, title: str) -> str:
    """Return a file of the worked study with the names of the new one."""
    text = text.replace(f"studies/{model.name}", shlex.quote(folder.name))
    return _TITLE.sub(lambda _: f"title = {quoted(title)}", text, count=1) if title else text
