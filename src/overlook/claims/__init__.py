"""Claims: what would images show if a statement were true, and what do the findings say of it?

`questions` turns the declared plan, predictions and commitments into questions before the data are looked at; `judge`
reads the findings against each prediction and says supported, consistent but not diagnostic, mixed, inconsistent, not
observable or insufficient imagery, with what would change it and the images that would settle it. `draft_predictions`
drafts, from a statement that a text attributes, what could be seen of it and what of it could not, `expected` says
which images that takes, and `wholes_told` lists the parts of what a statement speaks of as a whole ("all parts of the
leak").

`source_graph` says who relies on whom and what goes back to one origin; `comparisons` puts statements, facts and
quotes that do not fit side by side, and resolves none.

This room does no I/O and fits no model. It never reads absence as contradiction unless the claim put the thing in
the open and the images would hardly have missed it, never merges a source's reliability with an information's
credibility, and never gives a claim a likelihood of its own: that is a named person's to sign.
"""

from overlook.claims.asking import not_asked, questions
from overlook.claims.chain import source_graph
from overlook.claims.commitments_periods import observed_span
from overlook.claims.contradict import comparisons
from overlook.claims.judging import judge
from overlook.claims.predicting import draft_predictions
from overlook.claims.predicting_needs import expected
from overlook.claims.wholes import wholes_told

__all__ = [
    "comparisons",
    "draft_predictions",
    "expected",
    "judge",
    "not_asked",
    "observed_span",
    "questions",
    "source_graph",
    "wholes_told",
]
