/*
title = "Events that count only in part, or not at all"
grain = "one row per log, event type and reason"
key   = ["log", "event_type", "reason"]
publishes = "audits.unused_event"
*/
