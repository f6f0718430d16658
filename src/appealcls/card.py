"""The model card: what a model is, what it was made of, how good it is and where it ends."""

from typing import Any

from appealcls.model import TopicModel

__all__ = ["model_card"]


def model_card(model: TopicModel) -> str:
    """Markdown for a person who must decide whether to use the model; every figure is from its metadata."""
    about = model.metadata
    scores, data = about["evaluation"], about["data"]
    accuracy, macro = scores["accuracy"], scores["macro_f1"]
    lines = [
        f"# {about['name'] or 'Модель тем обращений'}",
        "",
        f"Определяет тему обращения гражданина. Тем: {len(model.taxonomy)}; известных словоформ: {len(model.arrays.form_keys)}.",
        "Линейная модель над леммами, буквенными n-граммами и парами соседних лемм, вероятности откалиброваны.",
        "",
        "## Данные",
        "",
        f"Обращений: {data['texts']}; независимых частей (авторов или файлов): {data['groups']}. SHA-256 данных:",
        f"`{data['sha256']}`.",
        "",
        "## Качество",
        "",
        "Каждое обращение предсказано моделью, которая не видела "
        + ("ни его, ни других обращений той же части" if data["groups"] > 1 else "его, но видела похожие на него"),
        "(команда: `appealcls train`). На обращениях другого происхождения качество ниже; проверьте на своих:",
        "`appealcls evaluate ВАШИ-ДАННЫЕ.csv`.",
        "",
        f"- точность (accuracy) {_share(accuracy['value'])} (95 %: {_share(accuracy['low'])}–{_share(accuracy['high'])}); "
        f"самая частая тема дала бы {_share(scores['majority'])}",
        f"- macro-F1 {macro['value']:.3f} (95 %: {macro['low']:.3f}–{macro['high']:.3f})",
        f"- на проверку человеку отдаётся {_share(scores['reviewed'])}, среди остальных верны "
        f"{_share(scores['accuracy_unreviewed'])} (порог уверенности {model.thresholds.review:.2f})",
        f"- средняя ошибка калибровки {scores['calibration_error']:.3f}",
        "",
        "| тема | precision | recall | F1 | обращений |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {row['topic']} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} | {row['support']} |"
            for row in scores["topics"]
        ),
        "",
        "Уверенность и доля верных ответов:",
        "",
        "| уверенность | обращений | в среднем | верно |",
        "|---|---:|---:|---:|",
        *(_bin(row) for row in scores["calibration"]),
        "",
        "## Ограничения",
        "",
        "- Модель знает только перечисленные темы и русский язык; текст без единого знакомого слова не классифицируется.",
        "- Решение о ходе обращения принимает человек: строки с отметкой «на проверку» нужно прочитать.",
        "- Дополнительные темы находятся заметно хуже главной.",
        "",
    ]
    return "\n".join(lines)


def _share(value: float) -> str:
    return f"{100 * value:.1f} %".replace(".", ",")


def _bin(row: dict[str, Any]) -> str:
    return f"| {row['low']:.1f}–{row['high']:.1f} | {row['count']} | {row['confidence']:.3f} | {row['accuracy']:.3f} |"
