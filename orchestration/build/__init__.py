"""Makes the marts of raw with dbt, in a process of its own, and says what each model was made of and why."""
