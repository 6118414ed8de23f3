"""The folder that holds a team's data: its layout, the configuration, errors, the audit log, safe writing."""
