"""What is asked of the views about one person on one day: here, and in a browser on the site."""

SCORE = "from score where person_id = ? and as_of_date = ?"
POINTS = "from explain(?, ?)"
REASONS = "from reason where person_id = ? and as_of_date = ? order by rank"
FRIENDS = "from friends_of(?, ?)"
