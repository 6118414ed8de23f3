-- What each credit is worth, under every rule.
{{ credited_lines(ref('fct_attribution_credits')) }}
