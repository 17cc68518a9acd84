"""Mistakes in a scorecard: a change of the standard card's text, and where it is reported.

``line`` is a text of the changed card that stands on the line the error names.
"""

from dataclasses import dataclass

from plainscore.scorecards.card_text import find_scorecard

STANDARD = find_scorecard("standard").read_text(encoding="utf-8")
BINS = "bins = [[0, 0], [0.70, 15], [0.85, 32], [0.95, 48], [0.99, 60]]"
N1 = 'measure = "account_days"\nat_least = 180'
METHOD = 'method = "maximum"'
RANGE = "at_least = 4\nbelow = 15\n"
MEAN = 'rule = "neighbour_mean"\nmax_points = 16'


@dataclass(frozen=True)
class Mistake:
    """``in_schema``: whether a JSON Schema can see it too."""

    title: str
    old: str
    new: str
    key: str
    line: str
    in_schema: bool = True

    @property
    def text(self) -> str:
        """The whole card with the mistake in it."""
        assert STANDARD.count(self.old) >= 1, self.title
        return STANDARD.replace(self.old, self.new, 1)

    @property
    def line_no(self) -> int:
        """The line that the error names: the one that is ``line``, or else the first with it."""
        lines = self.text.splitlines()
        if self.line in lines:
            return lines.index(self.line) + 1
        return next(no for no, line in enumerate(lines, start=1) if self.line in line)


def _in_bins(title: str, new: str, *, in_schema: bool = True) -> Mistake:
    return Mistake(title, BINS, new, "feature.on_time_share.bins", new, in_schema)


MISTAKES = (
    Mistake("unknown key", "base = 350", "base = 350\nceiling = 950", "ceiling", "ceiling"),
    Mistake("text for a number", "base = 350", 'base = "350"', "base", 'base = "350"'),
    Mistake("negative base", "base = 350", "base = -1", "base", "base = -1"),
    Mistake("empty text", 'version = "1.0.0"', 'version = ""', "version", 'version = ""'),
    Mistake("no name", 'name = "standard"', "", "name", "# The standard scorecard"),
    Mistake("prior beyond 1", "prior = 0.5", "prior = 1.5", "friends.prior", "prior = 1.5"),
    Mistake("prior as text", "prior = 0.5", 'prior = "0.5"', "friends.prior", 'prior = "0.5"'),
    Mistake(
        "prior with seven decimals", "prior = 0.5", "prior = 0.1234567", "friends.prior",
        "prior = 0.1234567", in_schema=False,
    ),
    Mistake(
        "prior of no weight", "prior_weight = 12", "prior_weight = 0", "friends.prior_weight",
        "prior_weight = 0",
    ),
    Mistake(
        "unknown key of friends", "max_distance = 0.15", "max_distance = 0.15\nhops = 2",
        "friends.hops", "hops = 2",
    ),
    Mistake(
        "two tests in a rule", N1, f"{N1}\nbelow = 9", "not_scored.0.measure", "account_days"
    ),
    Mistake(
        "no test in a rule", N1, 'measure = "account_days"', "not_scored.0.measure", "account_days"
    ),
    Mistake(
        "unknown measure", 'measure = "account_days"', 'measure = "shoe_size"',
        "not_scored.0.measure", "shoe_size",
    ),
    Mistake(
        "a number for a flag", 'measure = "is_frozen"\nequals = false',
        'measure = "is_frozen"\nat_least = 1', "not_scored.4.at_least", "at_least = 1",
    ),
    Mistake(
        "a flag for a number", N1, 'measure = "account_days"\nequals = true',
        "not_scored.0.equals", "equals = true",
    ),
    Mistake(
        "a flag that is none", 'measure = "is_frozen"\nequals = false',
        'measure = "is_frozen"\nequals = "no"', "not_scored.4.equals", 'equals = "no"',
    ),
    Mistake(
        "unknown key of a band", 'name = "poor"', 'name = "poor"\ncolour = "red"', "band.0.colour",
        "colour",
    ),
    Mistake("a code twice", 'code = "N2"', 'code = "N1"', "not_scored", "[[not_scored]]", False),
    Mistake("a band twice", 'name = "fair"', 'name = "poor"', "band", "[[band]]", False),
    Mistake("a gap below", "at_least = 350", "at_least = 400", "band", "[[band]]", False),
    Mistake("bands that fall", "at_least = 550", "at_least = 620", "band", "[[band]]", False),
    Mistake("a band above all", "at_least = 700", "at_least = 951", "band", "[[band]]", False),
    Mistake(
        "a factor that is not filled", "max_points = 210", "max_points = 200",
        "factor.credit_history.max_points", "max_points = 200", False,
    ),
    Mistake(
        "a factor without a feature", "[factor.social_connections]",
        "[factor.luck]\nmax_points = 0\n\n[factor.social_connections]", "factor.luck.max_points",
        "max_points = 0", False,
    ),
    Mistake(
        "a factor that is no column", "[factor.credit_history]", '[factor."credit history"]',
        "factor.credit history", '[factor."credit history"]', False,
    ),
    Mistake(
        "a factor named as a key", "[factor.credit_history]", "[factor.person_id]",
        "factor.person_id", "[factor.person_id]", False,
    ),
    Mistake(
        "a most that does not add up", "base = 350", "base = 350\nmost = 900", "most", "most = 900",
        False,
    ),
    Mistake(
        "a benefit beyond the scale", "min_score = 550", "min_score = 951", "benefit.0.min_score",
        "min_score = 951", False,
    ),
    Mistake(
        "a feature that no table has", "[feature.on_time_share]", "[feature.shoe_size]",
        "feature.shoe_size", "[feature.shoe_size]",
    ),
    Mistake(
        "bins for what is computed from scores", MEAN, "bins = [[0, 16]]\nmissing_points = 0",
        "feature.friend_reliability.bins", "bins = [[0, 16]]", False,
    ),
    Mistake(
        "a rule for what is measured", f"{BINS}\nmissing_points = 20",
        'rule = "neighbour_mean"\nmax_points = 60', "feature.on_time_share.rule",
        'rule = "neighbour_mean"', False,
    ),
    Mistake(
        "unknown factor", 'factor = "credit_history"', 'factor = "credit"',
        "feature.on_time_share.factor", 'factor = "credit"', False,
    ),
    Mistake(
        "unknown direction", 'direction = "up"', 'direction = "sideways"',
        "feature.on_time_share.direction", "sideways",
    ),
    Mistake(
        "points against the direction", 'direction = "up"', 'direction = "down"',
        "feature.on_time_share.bins", BINS, False,
    ),
    _in_bins("no bins", "bins = []"),
    _in_bins("bins that are no list", "bins = 60"),
    _in_bins("a bin without points", "bins = [[0], [0.99, 60]]"),
    _in_bins("a bin of three", "bins = [[0, 0, 0], [0.99, 60]]"),
    _in_bins("an edge that is no number", 'bins = [["low", 0], [0.99, 60]]'),
    _in_bins("half points", "bins = [[0, 0.5], [0.99, 60]]"),
    _in_bins("negative points", "bins = [[0, -1], [0.99, 60]]"),
    _in_bins("bins that fall", "bins = [[0.99, 0], [0, 60]]", in_schema=False),
    _in_bins("an edge twice", "bins = [[0, 0], [0, 60]]", in_schema=False),
    _in_bins("points that fall", "bins = [[0, 10], [0.5, 5], [0.99, 60]]", in_schema=False),
    Mistake(
        "missing earns more than all", "missing_points = 20", "missing_points = 61",
        "feature.on_time_share.missing_points", "missing_points = 61", False,
    ),
    Mistake(
        "no points for missing", "missing_points = 20\n", "",
        "feature.on_time_share.missing_points", "[feature.on_time_share]",
    ),
    Mistake(
        "the most given twice", "missing_points = 20", "missing_points = 20\nmax_points = 60",
        "feature.on_time_share.max_points", "max_points = 60",
    ),
    Mistake(
        "unknown key of a feature", "missing_points = 20", "missing_points = 20\nweight = 2",
        "feature.on_time_share.weight", "weight = 2",
    ),
    Mistake(
        "unknown rule", MEAN, 'rule = "mean"\nmax_points = 16', "feature.friend_reliability.rule",
        'rule = "mean"',
    ),
    Mistake(
        "no most for the mean", MEAN, 'rule = "neighbour_mean"',
        "feature.friend_reliability.max_points", "[feature.friend_reliability]",
    ),
    Mistake(
        "unknown key of a benefit", 'name = "co_renting_badge"',
        'name = "co_renting_badge"\nprice = 3', "benefit.0.price", "price = 3",
    ),
    Mistake(
        "a benefit without a score", "min_score = 550\n", "", "benefit.0.min_score", "[[benefit]]"
    ),
    Mistake(
        "a benefit twice", 'name = "hotel_without_deposit"', 'name = "co_renting_badge"',
        "benefit", "[[benefit]]", False,
    ),
    Mistake(
        "an unknown method of reasons", METHOD, 'method = "worst"', "reasons.method",
        'method = "worst"',
    ),
    Mistake(
        "a gate without its method", METHOD, f"{METHOD}\ngate = 600", "reasons.gate",
        "gate = 600", False,
    ),
    Mistake(
        "passing without a gate", METHOD, 'method = "passing"\nwithin = 20', "reasons.gate",
        "[reasons]", False,
    ),
    Mistake(
        "passing without a range", METHOD, 'method = "passing"\ngate = 600', "reasons.within",
        "[reasons]", False,
    ),
    Mistake(
        "a gate beyond the scale", METHOD, 'method = "passing"\ngate = 951\nwithin = 20',
        "reasons.gate", "gate = 951", False,
    ),
    Mistake("no reason at all", "count = 4", "count = 0", "reasons.count", "count = 0"),
    Mistake("eleven reasons", "count = 4", "count = 11", "reasons.count", "count = 11"),
    Mistake(
        "unknown key of reasons", "count = 4", "count = 4\nweight = 2", "reasons.weight",
        "weight = 2",
    ),
    Mistake(
        "a family that is no name", 'family = "thin_file"', 'family = "thin file"',
        "feature.history_months.family", 'family = "thin file"', False,
    ),
    Mistake(
        "words of a missing value for the mean", MEAN, f'{MEAN}\nmissing_reason = "None"',
        "feature.friend_reliability.missing_reason", 'missing_reason = "None"', False,
    ),
    Mistake(
        "a missing value worded as a value",
        'missing_reason = "No repaid card or loan bill is on record"',
        'missing_reason = "The record of repaid card and loan bills is short"',
        "feature.history_months.missing_reason",
        'missing_reason = "The record of repaid card and loan bills is short"', False,
    ),
    Mistake(
        "words of no values", RANGE, "", "feature.worst_days_late.words.0",
        "[[feature.worst_days_late.words]]", False,
    ),
    Mistake(
        "words of a range that ends before it begins", RANGE, "at_least = 15\nbelow = 15\n",
        "feature.worst_days_late.words.0.below", "below = 15", False,
    ),
    Mistake(
        "words that overlap", "at_least = 15\nbelow = 30", "at_least = 14\nbelow = 30",
        "feature.worst_days_late.words.1.at_least", "at_least = 14", False,
    ),
    Mistake(
        "an edge of words that is no number", RANGE, 'below = "few"\n',
        "feature.worst_days_late.words.0.below", 'below = "few"',
    ),
    Mistake(
        "a context that no feature has", 'accepts = ["finance", "services", "identity"]',
        'accepts = ["finance", "astrology"]', "benefit.1.accepts", '"astrology"', False,
    ),
    Mistake(
        "a benefit that accepts nothing", 'accepts = ["finance", "services", "identity"]',
        "accepts = []", "benefit.1.accepts", "accepts = []",
    ),
    Mistake(
        "a context that is no name", 'context = "finance"', 'context = "Finance!"',
        "feature.on_time_share.context", "Finance!", False,
    ),
    Mistake("an unknown wall", 'wall = "report"', 'wall = "leaky"', "wall", 'wall = "leaky"'),
    Mistake(
        "unknown key of words", RANGE, f"{RANGE}colour = 1\n",
        "feature.worst_days_late.words.0.colour", "colour = 1",
    ),
)  # fmt: skip
