"""The published file, the jobs that lead to it, their schedules and alarms."""
