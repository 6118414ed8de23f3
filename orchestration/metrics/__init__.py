"""Answers what is summed over a period: these metrics, by these dimensions, in this period, from a published file.

| module | what |
| --- | --- |
| `source.py` | a published file, opened for reading, and the metric layer in it |
| `catalog.py` | the metrics of a file: unit, names in both languages, what they can be grouped by |
| `query.py` | a question and its answer, with currency, clock and marks; what has no right answer is refused |
| `render.py` | an answer as a table, as CSV and as JSON |

The definitions are the semantic models in `models/`; MetricFlow makes SQL of them, in process. Pages, reports, exports
and agents ask here and add up nothing themselves.
"""

COMPARISONS = ("before", "week", "year")
"""Periods beside the one that is asked for: of the same length directly before, 7 days earlier, 52 weeks earlier."""
