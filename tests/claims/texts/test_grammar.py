"""Known answers: sentences whose grammar stands between the cue and what it belongs to. Read by hand."""

from __future__ import annotations

import pytest

from overlook.claims.texts import read_text

# sentence → (source, cue, content) of each statement; None where the sentence names no source.
BY_HAND = {
    # a quantifier is the subject, or stands within the verb group
    "Some said the gate was open.": [("Some", "said", "the gate was open")],
    "They have both argued that the hall is empty.": [("They", "have both argued", "that the hall is empty")],
    # whom it was said to, and how often, before the clause
    "He suggested to me that the hall was empty.": [("He", "suggested", "that the hall was empty")],
    "Brandt implied to reporters in a statement that the gate was shut.": [
        ("Brandt", "implied", "that the gate was shut")
    ],
    "The ministry acknowledged for the first time on Friday that the hall was empty.": [
        ("The ministry", "acknowledged for the first time on Friday", "that the hall was empty")
    ],
    "The agency concluded in that case that the hall was empty.": [
        ("The agency", "concluded in that case", "that the hall was empty")
    ],
    # "to the remarks" is what is answered, and no circumstance of the answer
    "The ministry responded to the remarks on Friday.": [("The ministry", "responded to", "the remarks on Friday")],
    # active, passive
    "“It is nonsense,” Mr. Brandt said by telephone on Monday.": [("Mr. Brandt", "said", "“It is nonsense,”")],
    "He's said the hall is empty.": [("He", "'s said", "the hall is empty")],
    "He's said to have left.": [(None, "'s said", "to have left")],
    "The hall was said to be empty.": [(None, "was said", "to be empty")],
    "It was reported by The Post that the hall was empty.": [
        ("The Post", "was reported by", "that the hall was empty")
    ],
    "The claim was denied by the minister.": [("the minister", "was denied by", "The claim")],
    "The report, first denied by the agency, was true.": [("the agency", "first denied by", "The report")],
    # nothing was said before the cue, for all the commas there
    "Anna Brandt, who had spoken there, said on the air that the gate was shut.": [
        ("Anna Brandt, who had spoken there", "said on the air", "that the gate was shut")
    ],
    "Like other owners who foresee a boom, Mr. Schmidt said he was building a new hall.": [
        ("who", "foresee", "a boom"),
        ("Mr. Schmidt", "said", "he was building a new hall"),
    ],
    # a singular noun, then a verb that looks like a noun
    "Supporters of the plan hope this hall will be closed.": [
        ("Supporters of the plan", "hope", "this hall will be closed")
    ],
    # an adjective without "be"
    "Villagers moved away, confident that the ministry would pay.": [
        ("Villagers", "confident", "that the ministry would pay")
    ],
    # a title in quotation marks is a source
    "The gate was shut, according to “The Hall.”": [("“The Hall.”", "according to", "The gate was shut")],
    # and what looks like these and attributes nothing
    "The said official left the hall.": [],
    "The certain end of the hall came on Monday.": [],
    "Look: the gate is open.": [],
}


@pytest.mark.parametrize("text", BY_HAND)
def test_by_hand(text):
    found = [
        (
            " … ".join(span.text for span in statement.source) if statement.source else None,
            " … ".join(span.text for span in statement.cue),
            " … ".join(span.text for span in statement.content),
        )
        for statement in read_text(text, None)
    ]
    assert found == BY_HAND[text]
