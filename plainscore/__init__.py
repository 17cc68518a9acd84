"""plainscore: event logs in; dated, validated, fully explained score snapshots out."""
