"""From records to numbers: tidy tables, statistics, claims, answers and gaps; no sentences and no layout."""
