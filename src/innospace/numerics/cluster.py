"""Tasks on a Dask cluster: connect to its scheduler, or say within seconds why not."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from innospace.core.errors import SpecError
from innospace.core.provenance import package_version

SECONDS = 10.0
"""How long a scheduler and its first worker are waited for."""


@contextlib.contextmanager
def executor_at(address: str | None) -> Iterator[Any]:
    """Yield an executor that runs tasks on the workers of a cluster; None when there is no address.

    Parameters
    ----------
    address : str, optional
        Of a Dask scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    SpecError
        Dask is not installed; no scheduler answers; it has no workers; they run another version of innospace, or none.
    """
    if not address:
        yield None
        return
    try:
        client_of: Any = importlib.import_module("distributed").Client
    except ImportError as error:
        raise SpecError(
            "Work on a cluster needs the package distributed, which is not installed.",
            where=f"scheduler {address}",
            remedy='Install it with: pip install "innospace[cluster]"',
        ) from error
    try:
        client = client_of(address, timeout=SECONDS, set_as_default=False)
    except (TimeoutError, OSError, ValueError) as error:
        raise SpecError(
            f"No scheduler of a Dask cluster answers at {address!r} within {SECONDS:g} seconds.",
            where="scheduler",
            allowed="the address of a scheduler that runs, such as tcp://10.0.0.1:8786",
            remedy="Start one with: dask scheduler; or leave it out and use workers.",
        ) from error
    with client:
        _require_workers(client, address)
        yield client.get_executor(pure=False)


def _require_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError as error:
        raise SpecError(
            f"The cluster at {address} has no workers.",
            where="cluster",
            remedy=f"Start one with: dask worker {address}",
        ) from error
    try:
        versions = set(client.run(package_version).values())
    except ModuleNotFoundError as error:
        raise _other_version(address, f"without the package {error.name}") from error
    if others := sorted(versions - {package_version()}):
        raise _other_version(address, f"innospace {', '.join(others)}")


def _other_version(address: str, found: str) -> SpecError:
    return SpecError(
        f"Workers of the cluster at {address} do not run what this process runs.",
        where=f"workers: {found}",
        allowed=f"innospace {package_version()} on every worker",
        remedy="Install the same version there; numbers may differ between versions.",
    )
