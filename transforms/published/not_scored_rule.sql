/*
title = "Rules under which no one is scored"
grain = "one row per rule in force"
key   = ["rule_no"]
publishes = "reference.not_scored_rule"

[columns]
rule_no = { type = "INTEGER" }
*/
