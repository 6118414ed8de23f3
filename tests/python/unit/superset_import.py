"""Runs inside Superset's own environment: an empty Superset imports a dashboard and is asked for the data of each chart.

Prints one line of JSON: how many datasets there are, and of each chart its rows and its error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(bundle: Path, password: str) -> None:
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        import superset
        from flask_migrate import upgrade
        from superset import security_manager

        upgrade(str(Path(superset.__file__).with_name("migrations")))
        security_manager.sync_role_definitions()
        security_manager.add_user(
            "admin", "a", "b", "a@example.com", security_manager.find_role("Admin"), "pw"
        )
    client = app.test_client()
    login = {"username": "admin", "password": "pw", "provider": "db"}
    token = client.post("/api/v1/security/login", json=login).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with bundle.open("rb") as file:
        answer = client.post(
            "/api/v1/dashboard/import/",
            data={
                "formData": (file, bundle.name),
                "passwords": json.dumps({"databases/TTKPI.yaml": password}),
                "overwrite": "true",
            },
            headers=headers,
            content_type="multipart/form-data",
        )
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    charts = client.get("/api/v1/chart/?q=(page_size:100)", headers=headers).get_json()["result"]
    datasets = client.get("/api/v1/dataset/?q=(page_size:100)", headers=headers).get_json()["count"]
    said: dict[str, Any] = {"datasets": datasets, "charts": {}}
    for chart in charts:
        known = json.loads(chart["params"])
        grain = {
            "timeGrain": known.get("time_grain_sqla"),
            "columnType": "BASE_AXIS",
            "expressionType": "SQL",
        }
        axis = known.get("x_axis")
        columns = [{**grain, "sqlExpression": axis, "label": axis}] if axis else []
        where = [one["sqlExpression"] for one in known["adhoc_filters"] if one["expressionType"] == "SQL"]
        raw = known.get("query_mode") == "raw"
        query = {
            "columns": known["all_columns"] if raw else [*columns, *known.get("groupby", [])],
            "extras": {"where": " and ".join(where)},
            "row_limit": 10,
            **({} if raw else {"metrics": known["metrics"]}),
        }
        response = client.post(
            "/api/v1/chart/data",
            json={"datasource": {"id": chart["datasource_id"], "type": "table"}, "queries": [query]},
            headers=headers,
        ).get_json()
        result = (response.get("result") or [{}])[0]
        error = result.get("error") or (None if "result" in response else str(response))
        said["charts"][chart["slice_name"]] = {"rows": result.get("data"), "error": error}
    print(json.dumps(said, default=str))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
