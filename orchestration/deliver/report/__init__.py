"""The report of a day, a week or a month: one page that comes to people, in English, 中文 or both.

| module | what |
| --- | --- |
| `period` | which days, and whether the published file has them to their end |
| `content` | the report: sections of rows, each with its marks |
| `sections`, `targets` | a part each |
| `reading` | the published tables behind what is not summed: one place, so that their names change in one |
| `words` | what things are called in both languages, and figures as people read them |
| `page` | the report as an HTML file that needs no network |
| `picture` | the page as a picture, where Chromium is there |
| `cards` | the report as Feishu, DingTalk, WeCom and Slack show it, within their limits |
| `send` | each webhook that wants the report gets it once |

Sums come from `orchestration/metrics`; nothing here adds up.
"""
