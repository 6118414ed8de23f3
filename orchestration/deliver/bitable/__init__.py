"""Tables and views of the published file as tables of a Feishu Bitable (多维表格), which Lark calls Base.

| module | what |
| --- | --- |
| `config.py` | section `destination.bitable`: the app, the Base, which views |
| `client.py` | the API: token, limits, errors, tries |
| `fields.py` | fields and records of a table: types, names in Chinese, values, key and digest |
| `bring.py` | a table of the Base is brought to where the published file is |
| `state.py` | which publication the Base has, and what became of the last try |

The published file comes first: an outage of the Base stops no publication, and the next run catches up.

Facts are from the public documentation of the open platform (open.feishu.cn/document): app-table, app-table-field and
app-table-record of bitable-v1, tenant_access_token_internal of auth-v3, and the page on rate limits.
"""
