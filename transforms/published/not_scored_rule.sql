/*
title = "Rules under which no one is scored"
grain = "one row per rule in force"
key   = ["rule_no"]
publishes = "reference.not_scored_rule"

[columns]
as_of_date      = {}
known_on        = {}
rule_no         = { type = "INTEGER", min = 1, doc = "Order of the rules; the first that applies is the one reported." }
not_scored_code = { null = false }
reason          = { type = "VARCHAR", doc = "Why a person is not scored." }
what_to_do      = { type = "VARCHAR", doc = "What the person can do about it." }
*/
