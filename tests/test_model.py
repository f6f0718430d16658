"""appealcls.model: the compiled table. Its promises hold for any text, so most tests are properties."""

import dataclasses
import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import appealcls.model
from appealcls.classifier import AppealClassifier
from appealcls.errors import ModelError
from appealcls.model import ModelArrays, Thresholds, TopicModel
from appealcls.prediction import Prediction
from appealcls.topics import Taxonomy, Topic

Corpus = tuple[list[str], list[str]]

SHARED_MODELS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)

KNOWN = st.sampled_from(
    [
        "собака",
        "собаки",
        "стая",
        "яма",
        "ямы",
        "дорога",
        "дороге",
        "асфальт",
        "снег",
        "снега",
        "гололёд",
        "автобус",
        "автобусы",
        "маршрут",
        "свалка",
        "мусор",
        "барак",
        "дом",
        "дома",
        "5",
        "12",
        "не",
        "нет",
        "на",
        "у",
        "в",
        "двор",
        "дворе",
        "ёлка",
        "Садовой",
        "ул.",
        "30-00-00",
        "a@example.com",
        "<br>",
        "&nbsp;",
        "СНЕГ",
        "cнeг",
    ]
)
NEW = st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяABCEHKMOPTXdfgz\u0301\u00ad", min_size=1, max_size=14)
BETWEEN = st.sampled_from([" ", ", ", ". ", "\n", "-", " — ", "!!! "])
TEXT = st.lists(st.tuples(KNOWN | NEW, BETWEEN), max_size=12).map(lambda parts: "".join(map("".join, parts)))
"""Text as residents write it: words the models know, words nobody knows, numbers, masks and markup."""
TEXTS = st.lists(TEXT | st.text(max_size=20), min_size=1, max_size=6).filter(
    lambda texts: texts != ["", ""] and "\n" not in texts
)


@pytest.mark.cases("topics", "topic", "text")
def test_obvious_appeals(model: TopicModel, topic: str, text: str) -> None:
    """The default model gives an appeal that leaves no doubt its topic."""
    assert model.predict(text).topic == topic


def test_toy_corpus_is_learned(small_model: TopicModel, toy_corpus: Corpus) -> None:
    """A compiled model knows what it was trained on."""
    texts, topics = toy_corpus
    assert [prediction.topic for prediction in small_model.predict(texts)] == topics


class TestCompiled:
    """The compiled table against the estimator that it was made of."""

    @SHARED_MODELS
    @given(texts=TEXTS)
    @example(texts=["снег\u0301 снееег CHEГ", "дороги дорогу дорогам", "тук тук тук", "", "5", "5 5 a@example.com"])
    def test_gives_the_probabilities_of_the_estimator(
        self, small_model: TopicModel, small_classifier: AppealClassifier, texts: list[str]
    ) -> None:
        """Any text has the same probabilities in both, to 1e-6."""
        expected = small_classifier.predict_proba(texts)
        order = [list(small_classifier.classes_).index(topic) for topic in small_model.taxonomy.ids]
        np.testing.assert_allclose(small_model.predict_proba(texts), expected[:, order], rtol=0, atol=1e-6)

    @pytest.mark.parametrize(
        "parameters",
        [{"pairs": False}, {"ngram_min": 2, "ngram_max": 3}, {"min_df": 3}, {"C": 5.0}],
        ids=str,
    )
    def test_whatever_the_parameters(self, toy_corpus: Corpus, parameters: dict[str, float]) -> None:
        """So it is without pairs, with other n-grams, with rare ones left out, and with other weights."""
        classifier = AppealClassifier(**{"min_df": 1, **parameters}).fit(*toy_corpus)  # type: ignore[arg-type]
        texts = [*toy_corpus[0], "собачники и дорожники", "снежный ком у автобусного парка", ""]
        compiled = classifier.compile()
        np.testing.assert_allclose(compiled.predict_proba(texts), classifier.predict_proba(texts), rtol=0, atol=1e-6)

    def test_two_topics(self) -> None:
        """So it is for two topics, which scikit-learn treats apart."""
        texts = ["яма на дороге", "ямы на улице", "стая собак у школы", "собаки во дворе"]
        classifier = AppealClassifier(min_df=1).fit(texts, ["a", "a", "b", "b"])
        asked = [*texts, "дорога", "собака и яма"]
        compiled = classifier.compile()
        np.testing.assert_allclose(compiled.predict_proba(asked), classifier.predict_proba(asked), rtol=0, atol=1e-6)

    def test_in_the_order_of_the_taxonomy(self, small_classifier: AppealClassifier, toy_corpus: Corpus) -> None:
        """Columns follow the taxonomy, not the alphabet."""
        ids = tuple(small_classifier.classes_)[::-1]
        compiled = small_classifier.compile(Taxonomy(tuple(map(Topic, ids))))
        expected = small_classifier.predict_proba(toy_corpus[0])[:, ::-1]
        np.testing.assert_allclose(compiled.predict_proba(toy_corpus[0]), expected, rtol=0, atol=1e-6)

    def test_another_taxonomy_is_refused(self, small_classifier: AppealClassifier) -> None:
        """A taxonomy of other topics does not fit, and both lists are shown."""
        with pytest.raises(ValueError, match=r"the classifier knows roads.*the taxonomy roads, sewage"):
            small_classifier.compile(Taxonomy((Topic("roads"), Topic("sewage"))))


class TestAlone:
    """No answer depends on batch, order, thread, process or what was seen before."""

    @SHARED_MODELS
    @given(texts=TEXTS)
    def test_batch_is_single(self, model: TopicModel, texts: list[str]) -> None:
        """A text gets the same bits alone and among others."""
        together = model.predict_proba(texts)
        alone = np.vstack([model.predict_proba([text]) for text in texts])
        np.testing.assert_array_equal(together, alone)
        assert model.predict(texts) == [model.predict(text) for text in texts]

    @SHARED_MODELS
    @given(texts=TEXTS, data=st.data())
    def test_any_order(self, model: TopicModel, texts: list[str], data: st.DataObject) -> None:
        """Texts in another order get the same answers in that order."""
        order = data.draw(st.permutations(range(len(texts))))
        straight = model.predict_proba(texts)
        np.testing.assert_array_equal(model.predict_proba([texts[i] for i in order]), straight[order])

    def test_threads(self, model: TopicModel, toy_corpus: Corpus) -> None:
        """Many threads that meet the same new words at once get what one gets."""
        texts = [f"{text} новослово{number}ый переулошный{number}" for number, text in enumerate(toy_corpus[0] * 5)]
        expected = fresh(model).predict_proba(texts)
        shared = fresh(model)
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(lambda _: shared.predict_proba(texts), range(16)):
                np.testing.assert_array_equal(found, expected)

    @settings(parent=SHARED_MODELS, max_examples=25)
    @given(before=TEXTS, texts=TEXTS)
    def test_what_was_seen_before(self, small_model: TopicModel, before: list[str], texts: list[str]) -> None:
        """A model that has served other texts answers as a fresh one."""
        used = fresh(small_model)
        used.predict(before)
        np.testing.assert_array_equal(used.predict_proba(texts), fresh(small_model).predict_proba(texts))

    def test_when_new_forms_were_forgotten(
        self, small_model: TopicModel, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A model whose room for new words was used up many times over answers as a fresh one."""
        texts = [f"{text} {word_of(number)} {word_of(number + 1)}" for number, text in enumerate(toy_corpus[0] * 4)]
        expected = np.vstack([fresh(small_model).predict_proba([text]) for text in texts])
        monkeypatch.setattr(appealcls.model, "_NEW_FORMS", 5)
        forgetful = fresh(small_model)
        tables = set()
        for text, probabilities in zip(texts, expected, strict=True):
            np.testing.assert_array_equal(forgetful.predict_proba([text])[0], probabilities)
            tables.add(forgetful._forms)
        assert len(tables) > 10
        np.testing.assert_array_equal(forgetful.predict_proba(texts), expected)

    def test_threads_while_forms_are_forgotten(
        self, small_model: TopicModel, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Threads that make each other forget words still get what one gets."""
        texts = [f"{text} {word_of(number)}" for number, text in enumerate(toy_corpus[0] * 4)]
        expected = fresh(small_model).predict_proba(texts)
        monkeypatch.setattr(appealcls.model, "_NEW_FORMS", 5)
        forgetful = fresh(small_model)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda text: forgetful.predict_proba([text])[0], texts))
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("size", [1, 40, 300])
    def test_blocks(
        self, small_model: TopicModel, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        """Where a batch is cut into blocks does not show."""
        expected = small_model.predict(toy_corpus[0])
        monkeypatch.setattr(appealcls.model, "_BLOCK_CHARS", size)
        assert small_model.predict(toy_corpus[0]) == expected


class TestSpelling:
    """ё/е, case and look-alike letters do not change the topic."""

    @pytest.mark.parametrize(
        "respell",
        [
            str.upper,
            str.lower,
            lambda text: text.replace("ё", "е"),
            lambda text: text.translate(str.maketrans("асеорхуАВСЕНКМОРТХ", "aceopxyABCEHKMOPTX")),
            lambda text: text.replace("о", "о\u00ad").replace("а", "\u200bа"),
        ],
        ids=["upper", "lower", "е", "Latin", "invisible"],
    )
    @SHARED_MODELS
    @given(text=TEXT.filter(lambda text: not set("<&@\n\u0301-") & set(text)))
    @example(text="Гололёд у подъезда, тротуар не посыпан")
    def test_respelled_text(self, model: TopicModel, respell: Callable[[str], str], text: str) -> None:
        """A text written in another way has the same probabilities."""
        np.testing.assert_allclose(
            model.predict_proba([respell(text)]), model.predict_proba([text]), rtol=0, atol=1e-12
        )

    @pytest.mark.cases("topics", "topic", "text")
    def test_shouting(self, model: TopicModel, topic: str, text: str) -> None:
        """An obvious appeal in capitals and without ё keeps its topic."""
        assert model.predict(text.upper().replace("Ё", "Е")).topic == topic


class TestPrediction:
    """Prediction: what a text is about."""

    @SHARED_MODELS
    @given(texts=TEXTS)
    def test_parts_agree(self, model: TopicModel, texts: list[str]) -> None:
        """Probabilities lie in [0, 1] and sum to 1; topic, confidence, ranking and topics say the same."""
        for found in model.predict(texts):
            probabilities = [probability for _, probability in found.ranking]
            assert sum(probabilities) == pytest.approx(1, abs=1e-9)
            assert probabilities == sorted(probabilities, reverse=True)
            assert 0 <= probabilities[-1] <= probabilities[0] <= 1
            assert found.topics[0] == found.topic
            assert len(set(found.topics)) == len(found.topics)
            if not found.abstained:
                assert dict(found.ranking)[found.topics[0]] == found.confidence == probabilities[0]
                assert found.needs_review == (found.confidence < model.thresholds.review)

    @pytest.mark.parametrize("text", ["", " ", "!!!", "123 45", "漢字", "\u200b", "8 900 000-00-00", "ыъщжцх"])
    def test_unknown_text_abstains(self, model: TopicModel, text: str) -> None:
        """A text without a known word gets the fallback topic, no confidence, no evidence, and a look by a person."""
        found = model.predict(text)
        assert (found.topic, found.topics, found.confidence) == ("other", ("other",), 0.0)
        assert found.abstained
        assert found.needs_review
        assert found.evidence == ()

    def test_without_a_fallback(self, small_model: TopicModel) -> None:
        """Where there is no such topic, an unknown text gets none."""
        found = small_model.predict("!!!")
        assert (found.topic, found.topics, found.confidence, found.abstained) == (None, (), 0.0, True)

    def test_further_topics(self, small_classifier: AppealClassifier) -> None:
        """A second question, asked in a sentence of its own, is named after the main one, unless too uncertain."""
        text = "Стая бродячих собак у школы. Автобус не ходит по расписанию."
        found = small_classifier.compile(thresholds=Thresholds(0.5, 0.0)).predict(text)
        assert {"stray_animals", "transport"} <= set(found.topics)
        assert found.topics[0] == found.topic
        assert small_classifier.compile(thresholds=Thresholds(0.5, 1.0)).predict(text).topics == (found.topic,)

    def test_one_question_has_one_topic(self, model: TopicModel) -> None:
        """Sentences about the same thing bring no further topic."""
        assert model.predict("Прошу отловить собак у школы. Стая бродячих собак кидается на детей.").topics == (
            "stray_animals",
        )

    def test_the_fallback_is_never_further(self, small_classifier: AppealClassifier) -> None:
        """«And something else» is not a topic, however low the threshold."""
        taxonomy = Taxonomy(tuple(Topic(str(topic)) for topic in small_classifier.classes_), "transport")
        text = "Стая бродячих собак у школы. Автобус не ходит по расписанию."
        assert "transport" not in small_classifier.compile(taxonomy, Thresholds(0.5, 0.0)).predict(text).topics
        bare = small_classifier.compile(thresholds=Thresholds(0.5, 0.0)).predict(text)
        assert "transport" in bare.topics

    def test_columns_are_the_same(self, model: TopicModel, toy_corpus: Corpus) -> None:
        """predict_columns says what predict says."""
        texts = [*toy_corpus[0], "", "!!!"]
        columns = model.predict_columns(texts)
        found = model.predict(texts)
        assert columns.topic == [one.topic for one in found]
        assert columns.topics == [one.topics for one in found]
        assert columns.confidence.tolist() == [one.confidence for one in found]
        assert columns.needs_review.tolist() == [one.needs_review for one in found]
        assert columns.abstained.tolist() == [one.abstained for one in found]

    def test_one_text_or_many(self, model: TopicModel) -> None:
        """A string gives a prediction, any iterable a list, and no texts an empty one."""
        text = "Не чищен снег"
        assert [model.predict(text)] == model.predict([text]) == model.predict(iter((text,)))
        assert model.predict([]) == []
        assert model.predict_proba([]).shape == (0, 7)

    @pytest.mark.parametrize("texts", [["снег", None], ["снег", 5.0], [b"\xd1"]])
    def test_what_is_no_text(self, model: TopicModel, texts: list[str]) -> None:
        """Something else than a string is refused and its place named."""
        with pytest.raises(TypeError, match=rf"text {len(texts) - 1} is not a string"):
            model.predict(texts)

    def test_to_dict_is_json(self, model: TopicModel) -> None:
        """Its data can be written as JSON and hold all fields."""
        data = model.predict("Не чищен снег во дворе").to_dict()
        assert json.loads(json.dumps(data)) == data
        assert data["topic"] == "snow_removal"
        assert {item["topic"] for item in data["ranking"]} == set(model.taxonomy.ids)

    def test_equal_predictions_have_equal_hashes(self, model: TopicModel) -> None:
        """Equal answers are equal, other answers are not, and nothing else is a prediction."""
        one, same, other = model.predict("снег"), model.predict("снег"), model.predict("собака")
        assert one == same
        assert hash(one) == hash(same)
        assert one != other
        assert one != "снег"

    def test_repr(self, model: TopicModel) -> None:
        """A prediction shows its topic and confidence."""
        assert repr(model.predict("Не чищен снег во дворе")).startswith("Prediction(topic='snow_removal', confidence=")

    @pytest.mark.parametrize("text", ["Не чищен снег во дворе", "!!!"])
    def test_pickle(self, model: TopicModel, text: str) -> None:
        """A prediction reaches another process with its evidence and without its model."""
        found = model.predict(text)
        blob = pickle.dumps(found)
        copy = pickle.loads(blob)
        assert isinstance(copy, Prediction)
        assert copy == found
        assert copy.evidence == found.evidence
        assert copy.to_dict() == found.to_dict()
        assert len(blob) < 10_000


class TestExplain:
    """explain and evidence: a score taken apart into words."""

    @SHARED_MODELS
    @given(text=TEXT)
    @example(text="<p>Не чищен снег, доро-\nга вся во льду</p>")
    def test_parts_sum_to_the_score(self, model: TopicModel, text: str) -> None:
        """Bias and contributions sum to the score, and scores of all topics are the log-odds of the probabilities."""
        assume(text != "\n")
        scores = []
        for topic in model.taxonomy.ids:
            explained = model.explain(text, topic)
            parts = [word.contribution for word in explained.evidence]
            assert explained.bias + sum(parts) == pytest.approx(explained.score, abs=1e-6)
            scores.append(explained.score)
        powers = np.exp(scores)
        np.testing.assert_allclose(powers / powers.sum(), model.predict_proba([text])[0], atol=1e-9)

    @SHARED_MODELS
    @given(text=TEXT | st.text(max_size=30))
    @example(text="<p>Не чищен снег, доро-\nга вся во льду</p>")
    def test_offsets(self, model: TopicModel, text: str) -> None:
        """text[start:stop] is the word as written, in the order of the text."""
        assume(text != "\n")
        evidence = model.explain(text).evidence
        assert all(text[word.start : word.stop] == word.word != "" for word in evidence)
        assert [word.start for word in evidence] == sorted(word.start for word in evidence)

    def test_default_topic(self, model: TopicModel) -> None:
        """Without a topic the likeliest is explained."""
        assert model.explain("Не чищен снег во дворе").topic == "snow_removal"

    def test_unknown_topic(self, model: TopicModel) -> None:
        """A topic that does not exist is refused, and those that do are listed."""
        with pytest.raises(KeyError, match="no topic 'snow'; the topics are stray_animals"):
            model.explain("снег", "snow")

    def test_evidence_names_the_word(self, model: TopicModel) -> None:
        """The words that decide come first; only words that speak for the topic are shown, ten at most."""
        text = "Добрый день! На нашей улице у дома 5 не убирают снег уже вторую неделю, обращались в администрацию " * 2
        evidence = model.predict(text).evidence
        assert "снег" in {word.word for word in evidence[:3]}
        assert 0 < len(evidence) <= 10
        assert all(word.contribution > 0 for word in evidence)
        strengths = [word.contribution for word in evidence]
        assert strengths == sorted(strengths, reverse=True)


class TestParts:
    """TopicModel, ModelArrays, Thresholds: parts that do not fit are refused."""

    def test_pickle(self, small_model: TopicModel, toy_corpus: Corpus) -> None:
        """A model reaches another process and answers there with the same bits."""
        copy = pickle.loads(pickle.dumps(small_model))
        np.testing.assert_array_equal(copy.predict_proba(toy_corpus[0]), small_model.predict_proba(toy_corpus[0]))
        assert copy.taxonomy == small_model.taxonomy
        assert copy.thresholds == small_model.thresholds

    def test_repr(self, model: TopicModel) -> None:
        """A model says how many topics and words it knows."""
        assert repr(model).startswith("TopicModel(7 topics, ")

    def test_taxonomy_of_another_size(self, small_model: TopicModel) -> None:
        """There must be a topic for each column."""
        with pytest.raises(ModelError, match="4 columns of scores for 7 topics"):
            TopicModel(small_model.arrays, Taxonomy.default(), small_model.settings, small_model.thresholds)

    @pytest.mark.parametrize("name", ["lemma_keys", "pair_keys", "form_keys"])
    def test_broken_keys(self, small_model: TopicModel, name: str) -> None:
        """Keys that occur twice are refused."""
        keys = getattr(small_model.arrays, name).copy()
        keys[1] = keys[0]
        arrays = dataclasses.replace(small_model.arrays, **{name: keys})
        with pytest.raises(ModelError, match="broken keys"):
            TopicModel(arrays, small_model.taxonomy, small_model.settings, small_model.thresholds)

    @pytest.mark.parametrize("name", list(ModelArrays.DTYPES))
    def test_wrong_dtype(self, small_model: TopicModel, name: str) -> None:
        """An array of another type is named."""
        with pytest.raises(ModelError, match=f"array {name} is of int16"):
            dataclasses.replace(small_model.arrays, **{name: getattr(small_model.arrays, name).astype(np.int16)})

    @pytest.mark.parametrize("name", [name for name in ModelArrays.DTYPES if name.endswith(("scores", "lemmas"))])
    def test_wrong_length(self, small_model: TopicModel, name: str) -> None:
        """An array that is shorter than its keys is named."""
        with pytest.raises(ModelError, match=f"array {name} has the shape"):
            dataclasses.replace(small_model.arrays, **{name: getattr(small_model.arrays, name)[:-1]})

    @pytest.mark.parametrize("name", ["bias", "lemma_scores", "ngram_scores", "pair_scores", "form_scores"])
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_numbers_that_are_none(self, small_model: TopicModel, name: str, value: float) -> None:
        """A score that is not finite would spoil every answer."""
        scores = getattr(small_model.arrays, name).copy()
        scores.flat[0] = value
        with pytest.raises(ModelError, match=f"array {name} holds numbers that are not finite"):
            dataclasses.replace(small_model.arrays, **{name: scores})

    @pytest.mark.parametrize("lemma", [-2, 10**6])
    def test_lemmas_that_do_not_exist(self, small_model: TopicModel, lemma: int) -> None:
        """A form can only be of a lemma that there is."""
        lemmas = small_model.arrays.form_lemmas.copy()
        lemmas[0] = lemma
        with pytest.raises(ModelError, match="form_lemmas names lemmas that do not exist"):
            dataclasses.replace(small_model.arrays, form_lemmas=lemmas)

    @pytest.mark.parametrize("values", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
    def test_thresholds_outside(self, values: tuple[float, float]) -> None:
        """Thresholds are probabilities."""
        with pytest.raises(ModelError, match=r"threshold is .*, expected 0 to 1"):
            Thresholds(*values)


def fresh(model: TopicModel) -> TopicModel:
    """The same model before it has served anything."""
    return TopicModel(model.arrays, model.taxonomy, model.settings, model.thresholds)


def word_of(number: int) -> str:
    """A word that nobody has written yet, made of familiar pieces."""
    return "соба" + "дор" * (number % 5) + "абвгдежзиклмн"[number % 13] + "снег" * (number % 3) + "ями"[: number % 4]


@pytest.mark.parametrize("texts", [None, b"\xff", 7])
def test_what_is_no_text_is_refused_by_its_type(small_model: TopicModel, texts: object) -> None:
    """None, bytes and numbers are a TypeError that names what was given."""
    with pytest.raises(TypeError, match=type(texts).__name__):
        small_model.predict(texts)  # type: ignore[call-overload]
