"""Models on disk: a folder of numbers and plain text, of which nothing can be executed.

``manifest.json`` says everything about the model and names the size, shape and SHA-256 of what lies beside it;
``arrays.npz`` holds :class:`appealcls.model.ModelArrays`; ``README.md`` is the model card. Loading trusts none of them:
sizes are compared before memory is taken, digests before numbers are read.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import threading
import zipfile
from functools import cache
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from appealcls.errors import ModelError, TaxonomyError
from appealcls.features import FeatureSettings
from appealcls.model import ModelArrays, Thresholds, TopicModel
from appealcls.topics import Taxonomy

__all__ = ["FORMAT", "Model", "installed_models", "load", "read_metadata", "read_taxonomy", "resolve", "save"]

Model = TopicModel | str | PathLike[str] | None
"""A model, its folder or name, or None for the one that comes with the package."""

FORMAT: Final = 1
"""Version of the model folder. Raise it when a reader of the old one would misread the new one, and keep reading the
old one here."""

_KIND: Final = "appealcls topic model"
_MANIFEST, _ARRAYS, _CARD = "manifest.json", "arrays.npz", "README.md"
_MAX_MANIFEST: Final = 4 << 20  # bytes; the default model's is 10 kB
_MAX_ARRAYS: Final = 1 << 30  # bytes; a hundred times the default model
_PARTS: Final = frozenset({_MANIFEST, _ARRAYS, _CARD})

_loading: Final = threading.Lock()

_log = logging.getLogger(__name__)


def save(model: TopicModel, folder: str | PathLike[str], card: str = "") -> Path:
    """Write a model folder; the same model gives the same bytes.

    The folder appears under its name only when it is complete. One that holds a model already is replaced.

    Parameters
    ----------
    model : TopicModel
    folder : path
    card : str, default=''
        Text of the model card.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelError
        If the folder exists and holds something else than a model, or cannot be written.
    """
    target = Path(folder)
    if target.exists() and not (target.is_dir() and {entry.name for entry in target.iterdir()} <= _PARTS):
        raise ModelError(f"{target}: exists and is not a model folder: name another one")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise ModelError(f"{target}: cannot be written: {error.strerror or error}") from error
    try:
        _write(model, draft, card)
        draft.chmod(0o755)
        if target.exists():
            old = draft.with_name(draft.name + "-old")
            target.rename(old)
            draft.rename(target)
            shutil.rmtree(old)
        else:
            draft.rename(target)
    except OSError as error:
        raise ModelError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _write(model: TopicModel, folder: Path, card: str) -> None:
    arrays = {name: getattr(model.arrays, name) for name in ModelArrays.DTYPES}
    with zipfile.ZipFile(folder / _ARRAYS, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            # A ZipInfo of its own carries a fixed date, so that the same numbers are the same bytes.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    (folder / _CARD).write_bytes(card.encode("utf-8"))
    manifest = {
        "kind": _KIND,
        "format": FORMAT,
        "taxonomy": model.taxonomy.to_dict(),
        "settings": model.settings.to_dict(),
        "thresholds": {"review": model.thresholds.review, "additional": model.thresholds.additional},
        "arrays": {name: {"dtype": array.dtype.str, "shape": list(array.shape)} for name, array in arrays.items()},
        "files": {name: _digest((folder / name).read_bytes()) for name in (_ARRAYS, _CARD)},
        "metadata": model.metadata,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / _MANIFEST).write_bytes(text.encode("utf-8"))


def installed_models() -> dict[str, Path]:
    """The models that come with the package, by name."""
    here = Path(__file__).parent
    # In the wheel the models lie inside the package, in a checkout beside ``src``.
    for place in (here / "models", here.parents[1] / "models"):
        if place.is_dir():
            return {path.parent.name: path.parent for path in sorted(place.glob(f"*/{_MANIFEST}"))}
    return {}


def load(name_or_path: str | PathLike[str] | None = None) -> TopicModel:
    """Open a model.

    Parameters
    ----------
    name_or_path : str or path, optional
        A model folder, or the name of a model that comes with the package; by default ``"default"``.

    Returns
    -------
    TopicModel
        It predicts bit for bit what the saved one predicted.

    Raises
    ------
    ModelError
        If there is no such model, or it is damaged, of a newer format, or not what its manifest says.

    Examples
    --------
    >>> load().predict("На улице Садовой не чищен снег").topic
    'snow_removal'
    """
    folder = _folder(name_or_path)
    try:
        return _read(folder)
    except OSError as error:
        raise ModelError(f"{folder}: cannot be read: {error.strerror or error}") from error


def read_metadata(name_or_path: str | PathLike[str] | None = None) -> dict[str, Any]:
    """What a model says of its origin, without opening the model: data, figures, versions.

    Raises
    ------
    ModelError
        If there is no such model, or its manifest is damaged.
    """
    metadata = _open_manifest(name_or_path)[1].get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def read_taxonomy(name_or_path: str | PathLike[str] | None = None) -> Taxonomy:
    """The topics of a model, without opening the model.

    Raises
    ------
    ModelError
        If there is no such model, or its manifest is damaged.
    """
    folder, manifest = _open_manifest(name_or_path)
    try:
        return Taxonomy.from_dict(manifest["taxonomy"])
    except (KeyError, TypeError, TaxonomyError) as error:
        raise ModelError(f"{folder / _MANIFEST}: its topics cannot be read: {error}: the folder is damaged") from error


def _open_manifest(name_or_path: str | PathLike[str] | None) -> tuple[Path, dict[str, Any]]:
    folder = _folder(name_or_path)
    try:
        return folder, _read_manifest(folder)
    except OSError as error:
        raise ModelError(f"{folder}: cannot be read: {error.strerror or error}") from error


def _folder(name_or_path: str | PathLike[str] | None) -> Path:
    name = "default" if name_or_path is None else os.fspath(name_or_path)
    folder = Path(name)
    if folder.is_dir():
        return folder
    installed = installed_models()
    if name not in installed:
        raise ModelError(
            f"{name}: no such model folder; models that come with the package: {', '.join(installed) or 'none'}"
        )
    return installed[name]


@cache
def _default() -> TopicModel:
    return load()


def resolve(model: Model) -> TopicModel:
    """The model that is meant: itself, one opened from its folder, or the default one, which is loaded once."""
    if isinstance(model, TopicModel):
        return model
    if model is None:
        with _loading:  # two threads that come first load it once
            return _default()
    return load(model)


def _read(folder: Path) -> TopicModel:
    manifest = _read_manifest(folder)
    try:
        blobs = {name: _read_file(folder, name, manifest["files"][name]) for name in (_ARRAYS, _CARD)}
        arrays = ModelArrays(**_read_arrays(blobs[_ARRAYS], manifest["arrays"], folder / _ARRAYS))
        settings, thresholds = manifest["settings"], manifest["thresholds"]
        for value in (settings["ngram_min"], settings["ngram_max"]):
            if type(value) is not int:
                raise TypeError(f"n-gram lengths must be whole numbers, got {value!r}")
        model = TopicModel(
            arrays,
            Taxonomy.from_dict(manifest["taxonomy"]),
            FeatureSettings(
                settings["ngram_min"], settings["ngram_max"], bool(settings["pairs"]), bool(settings["sentences"])
            ),
            Thresholds(float(thresholds["review"]), float(thresholds["additional"])),
            dict(manifest["metadata"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, ModelError) and not isinstance(error, TaxonomyError):
            raise ModelError(f"{folder}: {error}") if str(folder) not in str(error) else error from None
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{folder / _MANIFEST}: not the manifest of a model: {reason}") from error
    _log.info("loaded %s from %s", model, folder)
    return model


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    if not path.is_file():
        raise ModelError(f"{folder}: not a model folder: it holds no {_MANIFEST}")
    if path.stat().st_size > _MAX_MANIFEST:
        raise ModelError(f"{path}: {path.stat().st_size} bytes are too many for a manifest: the folder is damaged")
    try:
        manifest = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("kind") != _KIND:
        raise ModelError(f"{path}: not the manifest of an appealcls model")
    version = manifest.get("format")
    if type(version) is not int or version < 1:
        raise ModelError(f"{path}: format {version!r} is none")
    if version > FORMAT:
        raise ModelError(
            f"{path}: the model is of format {version}, this version of appealcls reads up to {FORMAT}: "
            "run  pip install --upgrade appealcls"
        )
    return manifest


def _read_file(folder: Path, name: str, digest: object) -> bytes:
    path = folder / name
    if not path.is_file():
        raise ModelError(f"{path}: is missing: copy the whole model folder")
    if path.stat().st_size > _MAX_ARRAYS:
        raise ModelError(f"{path}: {path.stat().st_size} bytes, at most {_MAX_ARRAYS} are read")
    blob = path.read_bytes()
    if _digest(blob) != digest:
        raise ModelError(f"{path}: damaged: its SHA-256 is not the one in {_MANIFEST}; copy the model folder again")
    return blob


def _read_arrays(blob: bytes, declared: dict[str, Any], path: Path) -> dict[str, NDArray[Any]]:
    """Arrays as views into the file's bytes, each checked against the manifest before anything is allocated."""
    arrays = {}
    try:
        with zipfile.ZipFile(BytesIO(blob)) as archive:
            for name, dtype in ModelArrays.DTYPES.items():
                info = archive.getinfo(f"{name}.npy")
                if info.compress_type != zipfile.ZIP_STORED or info.file_size > len(blob):
                    raise ModelError(f"{path}: array {name} is packed, which a model's are not")
                member = BytesIO(archive.read(info))
                if np.lib.format.read_magic(member) != (1, 0):
                    raise ModelError(f"{path}: array {name} is of another version of the format")
                shape, fortran, found = np.lib.format.read_array_header_1_0(member)
                said = declared[name]
                if found != dtype or said["dtype"] != dtype.str or list(shape) != said["shape"] or fortran:
                    raise ModelError(f"{path}: array {name} is {found.str} {list(shape)}, {_MANIFEST} says {said}")
                data = memoryview(member.getbuffer())[member.tell() :]
                # The product is of Python's integers, which do not overflow.
                if len(data) != dtype.itemsize * int(np.prod([int(n) for n in shape], dtype=object)):
                    raise ModelError(
                        f"{path}: array {name} has {len(data)} bytes, too few or too many for {list(shape)}"
                    )
                arrays[name] = np.frombuffer(data, dtype=dtype).reshape(shape)
    except ModelError:
        raise
    except Exception as error:  # zipfile and NumPy's reader of headers raise a dozen kinds on what is not theirs
        raise ModelError(f"{path}: not the arrays of a model: {error}") from error
    return arrays


def _digest(blob: bytes) -> str:
    return hashlib.sha256(blob).hexdigest()
