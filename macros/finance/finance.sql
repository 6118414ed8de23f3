{#-
    A digest of a seed as an SQL literal. A model keeps it in its rows: when the seed changes (a fee gets its place, a cost its price), the rows
    are made again on the next incremental build, for all of history, as a full refresh would do it. `columns`: what the model reads of it.
-#}
{% macro seed_state(seed, columns) -%}
    {%- if not execute -%}
        {{ return("''") }}
    {%- endif -%}
    {%- set sorted_by = columns | join(' asc nulls first, ') ~ ' asc nulls first' -%}
    {%- set answer = run_query("select " ~ columns | join(', ') ~ " from " ~ seed ~ " order by " ~ sorted_by) -%}
    {%- set lines = [] -%}
    {%- for row in answer.rows -%}
        {%- do lines.append(row.values() | map('string') | join('|')) -%}
    {%- endfor -%}
    {{ return("'" ~ local_md5(lines | join(';')) ~ "'") }}
{%- endmacro %}

{#- The digest of the fees' places: what the facts of settlement are mapped with. -#}
{% macro fee_types_state(fee_types) -%}
    {{ return(seed_state(fee_types, ['component_group', 'component', 'fee_group', 'is_additive', 'valid_from', 'valid_to'])) }}
{%- endmacro %}

{#-
    An amount times a factor, rounded half away from zero to 4 places. 19 digits for one of them: two decimals of 18 digits are
    multiplied in 64 bits by DuckDB and overflow with amounts of a few hundred thousand.
-#}
{% macro money_product(amount, factor) -%}
    cast(round(cast({{ amount }} as decimal(19, 4)) * {{ factor }}, 4) as decimal(18, 4))
{%- endmacro %}

{#- An amount in proportion: amount x part / whole, to 4 places; NULL when the whole is zero or unknown. -#}
{% macro money_share(amount, part, whole) -%}
    {{ money_ratio('cast(' ~ amount ~ ' as decimal(19, 4)) * ' ~ part, whole) }}
{%- endmacro %}

{#-
    What each order was settled for, all its rows added up; for orders not on a statement yet the platform's estimate.
    only: a CTE of shop_key and order_id, so that a day's build does not add up the settlements of all orders.
-#}
{% macro order_settlements(only=none) -%}
{%- set among -%}
    {%- if only -%}
        and exists (
            select 1 from {{ only }}
            where {{ only }}.shop_key = transactions.shop_key and {{ only }}.order_id = transactions.order_id
        )
    {%- endif -%}
{%- endset -%}
with settled as (
    select
        shop_key,
        order_id,
        'settled' as profit_basis,
        min(statement_time) as first_statement_time,
        sum(settlement_amount) as settlement_amount,
        sum(revenue_amount) as revenue_amount,
        sum(platform_fee_amount) as platform_fee_amount,
        sum(affiliate_commission_amount) as affiliate_commission_amount,
        sum(ads_commission_amount) as ads_commission_amount,
        sum(ad_fee_amount) as ad_fee_amount,
        sum(seller_shipping_amount) as seller_shipping_amount,
        sum(tax_amount) as tax_amount,
        max(_dlt_load_id) as _statements_load_id,
        sum(case when origin = 'file' then 1 else 0 end) as _file_rows
    from {{ ref('fct_statement_transactions') }} as transactions
    where transaction_type = 'ORDER' and order_id is not null
        {{ among }}
    group by shop_key, order_id
)

, unsettled as (
    select * from {{ ref('stg_tiktok_shop__unsettled_transactions') }} as transactions
    where type = 'ORDER' and order_id is not null
        {{ among }}
)

, estimated_components as (
    select
        components.shop_key,
        components.transaction_id,
        coalesce(fee_types.fee_group, 'unmapped') as fee_group,
        components.amount
    from {{ ref('stg_tiktok_shop__unsettled_transaction_components') }} as components
    left join {{ ref('fee_types') }} as fee_types
        on components.component_group = fee_types.component_group
        and components.component = fee_types.component
        and fee_types.valid_to is null
    where coalesce(fee_types.is_additive, components.component_group in ('revenue', 'shipping', 'fee', 'tax'))
)

, estimate_sums as (
    select
        shop_key,
        transaction_id,
        sum(case when fee_group = 'platform_fee' then amount else 0 end) as platform_fee_amount,
        sum(case when fee_group = 'affiliate_commission' then amount else 0 end) as affiliate_commission_amount,
        sum(case when fee_group = 'ads_commission' then amount else 0 end) as ads_commission_amount,
        sum(case when fee_group = 'ad_fee' then amount else 0 end) as ad_fee_amount,
        sum(case when fee_group = 'seller_shipping' then amount else 0 end) as seller_shipping_amount,
        sum(case when fee_group = 'tax' then amount else 0 end) as tax_amount
    from estimated_components
    group by shop_key, transaction_id
)

, estimated as (
    select
        unsettled.shop_key,
        unsettled.order_id,
        'estimated' as profit_basis,
        sum(unsettled.est_settlement_amount) as settlement_amount,
        sum(unsettled.est_revenue_amount) as revenue_amount,
        sum(coalesce(estimate_sums.platform_fee_amount, 0)) as platform_fee_amount,
        sum(coalesce(estimate_sums.affiliate_commission_amount, 0)) as affiliate_commission_amount,
        sum(coalesce(estimate_sums.ads_commission_amount, 0)) as ads_commission_amount,
        sum(coalesce(estimate_sums.ad_fee_amount, 0)) as ad_fee_amount,
        sum(coalesce(estimate_sums.seller_shipping_amount, 0)) as seller_shipping_amount,
        sum(coalesce(estimate_sums.tax_amount, 0)) as tax_amount
    from unsettled
    left join estimate_sums
        on unsettled.shop_key = estimate_sums.shop_key and unsettled.transaction_id = estimate_sums.transaction_id
    left join settled on unsettled.shop_key = settled.shop_key and unsettled.order_id = settled.order_id
    -- An order that is on a statement is settled, whatever an older snapshot said.
    where settled.order_id is null
    group by unsettled.shop_key, unsettled.order_id
)

select
    shop_key, order_id, profit_basis, first_statement_time, settlement_amount, revenue_amount, platform_fee_amount,
    affiliate_commission_amount, ads_commission_amount, ad_fee_amount, seller_shipping_amount, tax_amount, _statements_load_id,
    _file_rows
from settled
union all
select
    shop_key, order_id, profit_basis, cast(null as {{ type_instant() }}) as first_statement_time, settlement_amount,
    revenue_amount, platform_fee_amount, affiliate_commission_amount, ads_commission_amount, ad_fee_amount,
    seller_shipping_amount, tax_amount, cast(null as string) as _statements_load_id, cast(null as bigint) as _file_rows
from estimated
{%- endmacro %}
