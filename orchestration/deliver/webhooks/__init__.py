"""Alerts to chats: new rows of `kpi_alerts`, and runs that failed, are told once to every configured webhook.

| module | what |
| --- | --- |
| `config` | which webhooks there are: `alerts.webhooks.NAME` in dlt's places |
| `notices` | what there is to tell: the published `kpi_alerts` and `alerts.jsonl`, as text in both languages |
| `feishu`, `dingtalk`, `wecom`, `slack`, `plain` | how a platform wants it, signs it, limits it, and says no |
| `pictures` | the picture of a report, where a webhook takes one |
| `sender` | one message to one webhook: rate limit, retry, no token in a log |
| `ledger` | what was told to whom (`webhooks.json` in the home) |
| `deliver` | all of it |

Each alert is told at least once. The ledger is written before and after every message: a process that is killed after
the platform took a message and before that was noted tells it again, and so does an answer that never came. Only the
plain webhook can do better: it gets the alert's id as `Idempotency-Key`.
"""
