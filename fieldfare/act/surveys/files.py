"""The shape of ``surveys/*.yaml``: what the keys mean. ``parse`` checks the rest."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=500)]
ChoiceName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class SurveyWordsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the survey says in one language; what is left out is said as in its own."""

    question: Annotated[Text | None, Meta(description="The question.")] = None
    low: Annotated[Text | None, Meta(description="What the lowest number means.")] = None
    high: Annotated[Text | None, Meta(description="What the highest number means.")] = None
    thanks: Annotated[Text | None, Meta(description="What is said after the answer.")] = None
    choices: Annotated[dict[ChoiceName, Text], Meta(description="How choices are called, by name.")] = {}


class SurveyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question to people, by a link in a message, on a page of ours."""

    survey: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", description="Name of the survey.")]
    question: Annotated[Text, Meta(description="The question.", examples=["How was your first month?"])]
    kind: Annotated[
        Literal["nps", "rating", "yes_no", "choice", "words"],
        Meta(description="What is asked for: 0 to 10, 1 to 5, yes or no, one of `choices`, or words alone."),
    ] = "nps"
    low: Annotated[Text | None, Meta(description="What the lowest number means.")] = None
    high: Annotated[Text | None, Meta(description="What the highest number means.")] = None
    choices: Annotated[
        dict[ChoiceName, Text],
        Meta(description="Of `choice`: name and what is shown, in order.", examples=[{"price": "Too expensive"}]),
    ] = {}
    comment: Annotated[bool, Meta(description="Whether people may write something beside the answer.")] = False
    thanks: Annotated[Text | None, Meta(description="What is said after the answer.")] = None
    trait: Annotated[
        str | None, Meta(description="Trait that the answer sets: a number, `true` or `false`, or the choice's name.")
    ] = None
    expires: Annotated[str, Meta(description="How long after the message an answer is taken.")] = "14 days"
    locales: Annotated[
        dict[str, SurveyWordsEntry], Meta(description="The words in other languages, by two letters such as `de`.")
    ] = {}
    description: Annotated[str, Meta(description="What it is for.")] = ""
