"""The shape of stories: nothing may stand there that means nothing."""

import msgspec
import pytest

from fieldfare.decide.journeys.story_files import StoriesFile


def test_unknown_keys_are_refused() -> None:
    raw = {
        "name": "n",
        "journey": "j",
        "stories": [{"story": "s", "starts": "x", "moments": [{"at": "1 day", "sent": "a"}]}],
    }
    with pytest.raises(msgspec.ValidationError, match="sent"):
        msgspec.convert(raw, StoriesFile)
