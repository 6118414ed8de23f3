{#- Setting, unit, what it does in English and 中文: the vars of dbt_project.yml that a reader of the numbers has to know. -#}
{%- set settings = [
    ('reporting_currency', 'text', 'What amounts ending in _rc are in.', '报告币种：以 _rc 结尾的金额所用币种'),
    ('reporting_timezone', 'text', 'The IANA zone whose midnight ends a business date.', '报告时区：业务日期以该时区零点为界'),
    ('attribution_rule', 'text', 'Which creator a sale is credited to: platform, last_content, even_split or ads_first.', '达人归因规则'),
    ('fx_max_age_days', 'days', 'An exchange rate older than this is no rate.', '汇率最长有效天数'),
    ('maturity_days_orders', 'days', 'A day of orders is provisional until it is older.', '订单数据成熟天数'),
    ('maturity_days_refunds', 'days', 'A day of refunds is provisional until it is older.', '退款数据成熟天数'),
    ('maturity_days_live', 'days', 'A LIVE session is provisional until it is older.', '直播数据成熟天数'),
    ('maturity_days_videos', 'days', 'A day of a video is provisional until it is older.', '视频数据成熟天数'),
    ('maturity_days_ads', 'days', 'A day of ads is provisional until it is older.', '广告数据成熟天数'),
    ('maturity_days_fulfilment', 'days', 'A day of dispatch and delivery is provisional until it is older.', '履约数据成熟天数'),
    ('min_coverage', 'fraction', 'A ratio that rests on evidence is unknown while less than this share of the sales has any.', '证据覆盖率下限'),
    ('alarm_days', 'days', 'Alarms look back so far.', '告警回看天数'),
    ('alarm_deadline_hours', 'hours', 'A request is due so long before its deadline.', '处理时限提前提醒小时数'),
    ('alarm_authorisation_days', 'days', 'An authorisation is due so long before it ends.', '授权到期提前提醒天数'),
    ('alarm_payout_days', 'days', 'A payout is late after so many days.', '打款逾期天数'),
    ('alarm_settlement_days', 'days', 'A settlement is late so many days after delivery.', '结算逾期天数'),
    ('reconciliation_tolerance', 'fraction', 'What may stay unexplained between our figure and that of the platform.', '对账容差'),
] -%}

select
    cast(setting as string) as setting,
    cast(value as string) as value,
    cast(unit as string) as unit,
    cast(description as string) as description,
    cast(description_zh as string) as description_zh
from (
    values
    {%- for name, unit, description, description_zh in settings %}
    ('{{ name }}', '{{ var(name) }}', '{{ unit }}', '{{ description }}', '{{ description_zh }}'){{ ',' if not loop.last }}
    {%- endfor %}
) as settings (setting, value, unit, description, description_zh)
