"""An independent reference of the method: plain loops over events, written from the texts alone."""
