"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from innospace.core.errors import StoreError


class Folder:
    """A folder being written: files are made aside and moved into place together at the end.

    Parameters
    ----------
    path : path
        Created when it is missing, with its parents. Other files in it stay.

    Attributes
    ----------
    written : list of Path
        What stands in the folder now, in the order in which it was added; filled when the block ends without error.

    Raises
    ------
    StoreError
        When the folder cannot be made or written, or the disk is full.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.written: list[Path] = []
        self._names: list[str] = []
        self._aside = Path()

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=self.path))
        except OSError as error:
            raise self._cannot(self.path, error) from error
        return self

    def add(self, name: str, content: bytes) -> None:
        """Write one file aside; ``name`` may hold sub-folders, parted by ``/``."""
        target = self._aside / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as error:
            raise self._cannot(self.path / name, error) from error
        self._names.append(name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(self._aside)

    def _publish(self) -> None:
        for name in self._names:
            target = self.path / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                (self._aside / name).replace(target)
            except OSError as error:
                raise self._cannot(target, error) from error
            self.written.append(target)

    def _cannot(self, path: Path, error: OSError) -> StoreError:
        return StoreError(
            f"The report cannot be written: {error.strerror or error}.",
            where=str(path),
            allowed="a folder that you may write to, with room on its disk",
            remedy="Choose another folder, or change its permissions.",
        )
