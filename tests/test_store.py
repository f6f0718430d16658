"""appealcls.store: models on disk. A folder is trusted in nothing; whatever is wrong with it is said at once."""

import hashlib
import json
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import appealcls.store
from appealcls.classifier import AppealClassifier
from appealcls.errors import ModelError
from appealcls.model import ModelArrays, Thresholds, TopicModel
from appealcls.store import FORMAT, installed_models, load, read_metadata, read_taxonomy, save

Corpus = tuple[list[str], list[str]]
Manifest = dict[str, Any]

QUICKLY = 2.0  # seconds: what a refusal may take, however large the numbers in the folder


@pytest.fixture
def folder(small_model: TopicModel, tmp_path: Path) -> Path:
    """A good model folder, to be spoiled."""
    return save(small_model, tmp_path / "good", "# Карта модели\n")


def rewrite(folder: Path, change: Callable[[Manifest], object]) -> None:
    """Change the manifest, leaving the files beside it alone."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def repack(folder: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """Replace members of arrays.npz and put the right digest into the manifest, as an attacker would."""
    path = folder / "arrays.npz"
    with zipfile.ZipFile(path) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, blob in {**old, **members}.items():
            archive.writestr(name, blob)
    renew_digest(folder)


def renew_digest(folder: Path) -> None:
    """Make the manifest name the digest that arrays.npz has now."""
    digest = hashlib.sha256((folder / "arrays.npz").read_bytes()).hexdigest()
    rewrite(folder, lambda manifest: manifest["files"].update({"arrays.npz": digest}))


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """A .npy file with any header one likes."""
    text = header.encode("latin1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H" if version == b"\x01\x00" else "<I", len(text)) + text + data


def refused(folder: Path, *words: str) -> str:
    """Loading fails quickly, with a ModelError that holds these words."""
    begin = time.perf_counter()
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert time.perf_counter() - begin < QUICKLY
    message = str(caught.value)
    for word in (str(folder), *words):
        assert word in message
    return message


class TestRoundTrip:
    """save, then load: the same model."""

    def test_same_bits(self, small_model: TopicModel, folder: Path, toy_corpus: Corpus) -> None:
        """A loaded model gives the same bits and carries the same data."""
        texts = [*toy_corpus[0], "собачий переулок", "", "8 900 000-00-00"]
        loaded = load(folder)
        np.testing.assert_array_equal(loaded.predict_proba(texts), small_model.predict_proba(texts))
        assert loaded.predict(texts) == small_model.predict(texts)
        for name in ModelArrays.DTYPES:
            np.testing.assert_array_equal(getattr(loaded.arrays, name), getattr(small_model.arrays, name))
        assert loaded.taxonomy == small_model.taxonomy
        assert loaded.settings == small_model.settings
        assert loaded.thresholds == small_model.thresholds

    def test_metadata_thresholds_and_card(self, small_model: TopicModel, tmp_path: Path) -> None:
        """What the manifest says of the origin, thresholds and the card come back as they were."""
        model = TopicModel(
            small_model.arrays, small_model.taxonomy, small_model.settings, Thresholds(0.61, 0.17), {"данные": [1, 2.5]}
        )
        path = save(model, tmp_path / "m", "Карта\n")
        assert load(path).metadata == {"данные": [1, 2.5]}
        assert load(path).thresholds == Thresholds(0.61, 0.17)
        assert (path / "README.md").read_text(encoding="utf-8") == "Карта\n"

    def test_same_bytes_twice(self, small_model: TopicModel, folder: Path, tmp_path: Path) -> None:
        """The same model is the same bytes, and so is the loaded one saved again."""
        for number, model in enumerate((small_model, load(folder))):
            again = save(model, tmp_path / f"again{number}", "# Карта модели\n")
            for path in folder.iterdir():
                assert (again / path.name).read_bytes() == path.read_bytes()

    def test_training_twice_gives_the_same_bytes(self, toy_corpus: Corpus, folder: Path, tmp_path: Path) -> None:
        """The same data and seed give the same arrays, byte for byte."""
        again = save(AppealClassifier(min_df=1).fit(*toy_corpus).compile(), tmp_path / "again")
        assert (again / "arrays.npz").read_bytes() == (folder / "arrays.npz").read_bytes()

    def test_a_string_for_a_path(self, small_model: TopicModel, tmp_path: Path) -> None:
        """A folder may be named by a string, and its parents are made."""
        path = save(small_model, str(tmp_path / "a" / "b"))
        assert repr(load(str(path))) == repr(small_model)

    def test_the_default_model(self) -> None:
        """The default model is among those installed and is whole."""
        assert load(installed_models()["default"]).taxonomy == load().taxonomy

    def test_no_pickle_inside(self, folder: Path) -> None:
        """Nothing in a folder can be executed: numpy reads every array with pickle forbidden."""
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            assert {name: arrays[name].dtype for name in arrays.files} == ModelArrays.DTYPES
        assert {path.name for path in folder.iterdir()} == {"manifest.json", "arrays.npz", "README.md"}


class TestOverwriting:
    """save: what it may replace."""

    def test_a_foreign_folder_is_refused(self, small_model: TopicModel, tmp_path: Path) -> None:
        """A folder that holds something else is left as it is."""
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
        with pytest.raises(ModelError, match="photos: exists and is not a model folder"):
            save(small_model, tmp_path / "photos")
        assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]

    def test_a_model_with_something_beside_it_is_refused(self, small_model: TopicModel, folder: Path) -> None:
        """A file that somebody put into a model folder is not thrown away."""
        (folder / "notes.txt").write_text("important", encoding="utf-8")
        with pytest.raises(ModelError, match="is not a model folder"):
            save(small_model, folder)
        assert (folder / "notes.txt").exists()

    def test_a_file_is_refused(self, small_model: TopicModel, tmp_path: Path) -> None:
        """A file of that name is left as it is."""
        (tmp_path / "file").write_text("text", encoding="utf-8")
        with pytest.raises(ModelError, match="file: exists and is not a model folder"):
            save(small_model, tmp_path / "file")
        assert (tmp_path / "file").read_text(encoding="utf-8") == "text"

    def test_a_parent_that_is_a_file_is_refused(self, small_model: TopicModel, tmp_path: Path) -> None:
        """A path that cannot be is an error of ours, not one of the system."""
        (tmp_path / "file").write_text("text", encoding="utf-8")
        with pytest.raises(ModelError, match="cannot be written"):
            save(small_model, tmp_path / "file" / "model")

    def test_replacing_keeps_nothing_of_the_old(self, folder: Path, model: TopicModel) -> None:
        """A new model in the old place is whole, and no draft or backup is left beside it."""
        save(model, folder, "new card")
        assert len(load(folder).taxonomy) == 7
        assert (folder / "README.md").read_text(encoding="utf-8") == "new card"
        assert [path.name for path in folder.parent.iterdir()] == ["good"]

    def test_an_interrupted_save_leaves_the_old_model(
        self, folder: Path, model: TopicModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A disk that is full in the middle of the work costs nothing that was there."""

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(appealcls.store, "_write", full)
        with pytest.raises(ModelError, match="good: cannot be written: No space left on device"):
            save(model, folder)
        monkeypatch.undo()
        assert len(load(folder).taxonomy) == 4
        assert [path.name for path in folder.parent.iterdir()] == ["good"]

    def test_an_empty_folder_is_filled(self, small_model: TopicModel, tmp_path: Path) -> None:
        """An empty folder may become a model."""
        (tmp_path / "empty").mkdir()
        save(small_model, tmp_path / "empty")
        assert load(tmp_path / "empty").taxonomy == small_model.taxonomy


class TestDamage:
    """load: a folder in which something went wrong."""

    def test_no_such_folder(self) -> None:
        """An unknown name is answered with the names that there are."""
        with pytest.raises(ModelError, match=r"nonesuch: no such model folder; models that come .*: .*default"):
            load("nonesuch")

    def test_no_model(self, tmp_path: Path) -> None:
        """A folder without a manifest is no model."""
        refused(tmp_path, "not a model folder: it holds no manifest.json")

    @pytest.mark.parametrize("name", ["arrays.npz", "README.md"])
    def test_a_missing_file(self, folder: Path, name: str) -> None:
        """A file that was not copied is named."""
        (folder / name).unlink()
        refused(folder, name, "is missing: copy the whole model folder")

    @pytest.mark.parametrize("name", ["arrays.npz", "README.md"])
    @pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 1.0])
    def test_a_flipped_bit(self, folder: Path, name: str, place: float) -> None:
        """One wrong bit anywhere is noticed."""
        blob = bytearray((folder / name).read_bytes())
        blob[int(place * (len(blob) - 1))] ^= 4
        (folder / name).write_bytes(blob)
        refused(folder, name, "damaged: its SHA-256 is not the one in manifest.json")

    @pytest.mark.parametrize("part", [0, 10, 1000])
    def test_a_truncated_file(self, folder: Path, part: int) -> None:
        """A copy that was broken off is noticed."""
        blob = (folder / "arrays.npz").read_bytes()
        (folder / "arrays.npz").write_bytes(blob[:part])
        refused(folder, "arrays.npz", "damaged")

    @pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"NaN", b"[]", b"{}", b"null"])
    def test_a_manifest_that_is_none(self, folder: Path, text: bytes) -> None:
        """What is no JSON, or JSON of something else, is refused by the manifest's name."""
        (folder / "manifest.json").write_bytes(text)
        refused(folder, "manifest.json")

    def test_a_flipped_bit_in_the_manifest(self, folder: Path) -> None:
        """A manifest with a broken name of a field is refused."""
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        (folder / "manifest.json").write_text(text.replace('"files"', '"fimes"'), encoding="utf-8")
        refused(folder, "manifest.json", "not the manifest of a model: no 'files'")

    def test_a_huge_manifest(self, folder: Path) -> None:
        """A manifest of many megabytes is not even read."""
        with (folder / "manifest.json").open("ab") as file:
            file.truncate(5 << 20)
        refused(folder, "manifest.json", "bytes are too many for a manifest")

    def test_huge_arrays(self, folder: Path) -> None:
        """Arrays larger than any model's are not even read."""
        with (folder / "arrays.npz").open("ab") as file:
            file.truncate((1 << 30) + 1)  # sparse: takes no room on the disk
        refused(folder, "arrays.npz", "at most 1073741824 are read")


class TestLies:
    """load: a folder that was made to mislead, its digests being right."""

    def test_a_newer_format(self, folder: Path) -> None:
        """A model of a later version says what to do."""
        rewrite(folder, lambda manifest: manifest.update(format=FORMAT + 1))
        refused(folder, "manifest.json", "pip install --upgrade appealcls")

    @pytest.mark.parametrize("version", [0, -1, 1.0, "1", None, True])
    def test_a_format_that_is_none(self, folder: Path, version: object) -> None:
        """A version is a whole number from 1."""
        rewrite(folder, lambda manifest: manifest.update(format=version))
        refused(folder, "manifest.json", "is none")

    def test_another_kind(self, folder: Path) -> None:
        """A manifest of another program is refused."""
        rewrite(folder, lambda manifest: manifest.update(kind="some other model"))
        refused(folder, "manifest.json", "not the manifest of an appealcls model")

    @pytest.mark.parametrize("digest", ["0" * 64, "", None, 5, ["0"]])
    def test_a_wrong_digest(self, folder: Path, digest: object) -> None:
        """A digest that is not the file's, or none at all, is refused."""
        rewrite(folder, lambda manifest: manifest["files"].update({"arrays.npz": digest}))
        refused(folder, "arrays.npz", "damaged")

    @pytest.mark.parametrize("key", ["taxonomy", "settings", "thresholds", "arrays", "files", "metadata"])
    @pytest.mark.parametrize("value", [None, 5, "text", [1, 2]])
    def test_parts_of_another_type(self, folder: Path, key: str, value: object) -> None:
        """A part of the manifest that is of another type is refused."""
        rewrite(folder, lambda manifest: manifest.update({key: value}))
        refused(folder)

    @pytest.mark.parametrize("key", ["taxonomy", "settings", "thresholds", "arrays", "files", "metadata"])
    def test_missing_parts(self, folder: Path, key: str) -> None:
        """A part that is missing is named."""
        rewrite(folder, lambda manifest: manifest.pop(key))
        refused(folder, "manifest.json", f"no '{key}'")

    @pytest.mark.parametrize(
        ("part", "values"),
        [
            ("settings", {"ngram_min": 1}),
            ("settings", {"ngram_max": 99}),
            ("settings", {"ngram_min": 3.5}),
            ("settings", {"ngram_max": "5"}),
            ("thresholds", {"review": 2}),
            ("thresholds", {"review": float("nan")}),
            ("thresholds", {"additional": "often"}),
            ("taxonomy", {"topics": []}),
            ("taxonomy", {"topics": [{"id": "a"}, {"id": "b"}]}),
            ("taxonomy", {"fallback": "nothing"}),
        ],
    )
    def test_impossible_values(self, folder: Path, part: str, values: dict[str, object]) -> None:
        """Settings, thresholds and topics that cannot be are refused."""
        rewrite(folder, lambda manifest: manifest[part].update(values))
        refused(folder)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("bias", {"shape": [5]}),
            ("bias", {"shape": 4}),
            ("bias", {"dtype": "<f4"}),
            ("form_scores", {"shape": [10**15, 10]}),
            ("lemma_keys", {"dtype": "|O"}),
            ("lemma_keys", {"shape": None}),
        ],
    )
    def test_a_manifest_that_lies_about_arrays(self, folder: Path, name: str, said: dict[str, object]) -> None:
        """Shape and type in the manifest must be those in the file."""
        rewrite(folder, lambda manifest: manifest["arrays"][name].update(said))
        refused(folder, "arrays.npz", f"array {name} is", "manifest.json says")

    @pytest.mark.parametrize("shape", [(10**15,), (2**62, 4), (2**64,), (2**32, 2**32), (5,), (3,), (0,)])
    def test_a_header_that_lies(self, folder: Path, shape: tuple[int, ...]) -> None:
        """A shape that the bytes do not fill is refused before memory is taken, though the manifest agrees with it."""
        repack(folder, {"bias.npy": npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}", bytes(32))})
        rewrite(folder, lambda manifest: manifest["arrays"]["bias"].update(shape=list(shape)))
        refused(folder, "arrays.npz", "array bias has 32 bytes, too few or too many")

    @pytest.mark.parametrize("shape", ["(-4,)", "(-1, -4)"])
    def test_a_negative_shape(self, folder: Path, shape: str) -> None:
        """A shape of negative numbers is refused, even where their product is right."""
        repack(folder, {"bias.npy": npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}", bytes(32))})
        rewrite(folder, lambda manifest: manifest["arrays"]["bias"].update(shape=list(eval(shape))))
        refused(folder)

    @pytest.mark.parametrize(
        "header",
        [
            "{'descr': '|O', 'fortran_order': False, 'shape': (4,)}",
            "{'descr': '<f8', 'fortran_order': True, 'shape': (4,)}",
            "{'descr': '>f8', 'fortran_order': False, 'shape': (4,)}",
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (4,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': 4}",
            "{'descr': '<f8'}",
            "__import__('os').system('false')",
            "",
        ],
    )
    def test_another_header(self, folder: Path, header: str) -> None:
        """An object array, another order of bytes or axes, or no header at all is refused."""
        repack(folder, {"bias.npy": npy(header, bytes(32))})
        refused(folder)

    @pytest.mark.parametrize("blob", [b"", b"\x93NUMPY", b"\x80\x04\x95pickle.", b"text" * 100])
    def test_no_array(self, folder: Path, blob: bytes) -> None:
        """A member that is no array is refused."""
        repack(folder, {"bias.npy": blob})
        refused(folder)

    def test_another_version_of_npy(self, folder: Path) -> None:
        """Only the version of .npy that save writes is read."""
        header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}"
        repack(folder, {"bias.npy": npy(header, bytes(32), b"\x02\x00")})
        refused(folder, "arrays.npz", "array bias is of another version of the format")

    @pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_packed_member(self, folder: Path, compression: int) -> None:
        """Members that unpack to any size are not unpacked."""
        repack(folder, {"bias.npy": bytes(50 << 20)}, compression)
        refused(folder, "arrays.npz", "array bias is packed, which a model's are not")

    @pytest.mark.parametrize("blob", [b"", b"PK\x05\x06" + bytes(18), b"no zip at all"])
    def test_no_zip(self, folder: Path, blob: bytes) -> None:
        """A file that is no zip archive, or an empty one, is refused."""
        (folder / "arrays.npz").write_bytes(blob)
        renew_digest(folder)
        refused(folder, "arrays.npz", "not the arrays of a model")

    def test_a_member_that_is_missing(self, folder: Path) -> None:
        """An archive without one of the arrays is refused, and the array named."""
        with zipfile.ZipFile(folder / "arrays.npz") as archive:
            members = {name: archive.read(name) for name in archive.namelist() if name != "pair_keys.npy"}
        with zipfile.ZipFile(folder / "arrays.npz", "w") as archive:
            for name, blob in members.items():
                archive.writestr(name, blob)
        renew_digest(folder)
        refused(folder, "arrays.npz", "pair_keys.npy")

    def test_numbers_that_are_none(self, folder: Path) -> None:
        """Scores that are not finite are refused."""
        header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}"
        repack(folder, {"bias.npy": npy(header, np.full(4, np.nan).tobytes())})
        refused(folder, "array bias holds numbers that are not finite")

    def test_keys_that_occur_twice(self, folder: Path, small_model: TopicModel) -> None:
        """Keys that cannot be told apart are refused."""
        keys = small_model.arrays.lemma_keys
        header = f"{{'descr': '<u8', 'fortran_order': False, 'shape': ({len(keys)},)}}"
        repack(folder, {"lemma_keys.npy": npy(header, np.full(len(keys), 7, dtype=np.uint64).tobytes())})
        refused(folder, "broken keys")

    def test_files_of_another_place(self, folder: Path, tmp_path: Path) -> None:
        """A manifest cannot make load read a file outside the folder."""
        (tmp_path / "secret").write_bytes(b"secret")
        rewrite(folder, lambda manifest: manifest["files"].update({"../secret": "0" * 64}))
        assert len(load(folder).taxonomy) == 4


def test_origin_and_topics_are_read_without_the_model(tmp_path: Path, small_model: TopicModel) -> None:
    """A manifest alone tells metadata and topics; a damaged one is a ModelError."""
    folder = save(small_model, tmp_path / "m")
    (folder / "arrays.npz").unlink()
    assert read_metadata(folder) == small_model.metadata
    assert read_taxonomy(folder) == small_model.taxonomy
    (folder / "manifest.json").write_text('{"kind": "appealcls topic model", "format": 1}', encoding="utf-8")
    assert read_metadata(folder) == {}
    with pytest.raises(ModelError, match="topics cannot be read"):
        read_taxonomy(folder)
