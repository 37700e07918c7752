"""Make a new study: a study file that explains itself, with a sample to begin with."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from innospace.core.errors import StudyError, offenders
from innospace.study.folders import ASIDE, cannot_write
from innospace.study.load import FILE_NAME

if TYPE_CHECKING:
    from innospace.data import Dataset

DATA_FILE = "data/regions.csv"


def create(folder: Path, sample: str) -> list[Path]:
    """Make a study folder.

    Parameters
    ----------
    folder : Path
        Must not exist, or be an empty folder.
    sample : str
        Sample that is copied into it.

    Returns
    -------
    list of Path
        Files made.

    Raises
    ------
    StudyError
        The folder is taken, or the sample is not a table of the innovation space.
    LabelError
        No such sample.
    StoreError
        The folder cannot be written.
    """
    require_free(folder)
    dataset = _fitting(sample)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder.parent))
        try:
            (aside / DATA_FILE).parent.mkdir()
            dataset.frame.to_csv(aside / DATA_FILE, index=False, encoding="utf-8")
            (aside / FILE_NAME).write_text(_study_text(folder, dataset), encoding="utf-8", newline="\n")
            aside.chmod(0o755)
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return [folder / FILE_NAME, folder / DATA_FILE]


def require_free(folder: Path) -> None:
    """Raise :class:`StudyError` unless a study can be made there: a folder that does not exist, or an empty one."""
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
        raise StudyError(
            f"{folder.name!r} is there already and is not empty.",
            where=str(folder),
            allowed="the name of a folder that does not exist yet",
            remedy="Choose another name; nothing was changed.",
        )


def _fitting(sample: str) -> Dataset:
    """Return a sample that fits the schema of the innovation space."""
    from innospace.data.catalogue import load_sample, samples
    from innospace.data.schemas.innovation_space import problems

    dataset = load_sample(sample)
    if not problems(dataset):
        return dataset
    fitting = [c.name for c in samples() if not problems(load_sample(c.name))]
    raise StudyError(
        f"The sample {sample!r} is not a table of the innovation space.",
        where=f"columns {offenders([str(c) for c in dataset.frame.columns], shown=12)}",
        allowed=offenders(fitting),
        remedy=f"Begin with one of these; to look at {sample!r}: innospace samples {sample} --export FILE.csv",
    )


def _study_text(folder: Path, dataset: Dataset) -> str:
    template = resources.files("innospace.study").joinpath("templates", FILE_NAME).read_text(encoding="utf-8")
    title = folder.resolve().name.replace("-", " ").replace("_", " ").strip() or "A study"
    source = dataset.source
    return Template(template).substitute(
        title=quoted(title[0].upper() + title[1:]),
        sample=source.name,
        file=quoted(DATA_FILE),
        nature=quoted(str(source.nature)),
        origin=quoted(source.origin),
        licence=quoted(source.licence),
        note=quoted(source.note),
    )


def quoted(text: str) -> str:
    """Return a TOML string; it follows the rules of JSON, and 0x7f besides must be written as an escape."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
