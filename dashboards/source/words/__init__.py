"""The few words that dashboards are written in; each refuses to be used incompletely."""
