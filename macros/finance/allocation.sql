{#- The fee groups of a settlement whose amounts are spread over the lines of an order, and the column that has each. Seed `fee_allocation` says by what. -#}
{% macro allocated_fee_groups() -%}
    {{ return({
        'platform_fee': 'platform_fee_amount',
        'affiliate_commission': 'affiliate_commission_amount',
        'ads_commission': 'ads_commission_amount',
        'ad_fee': 'ad_fee_amount',
        'seller_shipping': 'seller_shipping_amount',
        'tax': 'tax_amount',
    }) }}
{%- endmacro %}

{#- What a line may be weighed by (seed `fee_allocation`); the first one also serves what has no group. -#}
{% macro allocation_bases() -%}
    {{ return(['earned', 'affiliate', 'units', 'sales']) }}
{%- endmacro %}

{#-
    The part of an order's amount that falls on a line, by the base that the seed names in column `base`. Columns `<base>_weight`, `<base>_weight_so_far` and
    `<base>_weight_of_all` are of the line. A base that does not exist gives NULL, never another base.
-#}
{% macro allocated_to_line(amount, base, currency) -%}
    {%- set weights = {} -%}
    {%- for part in ['weight', 'weight_so_far', 'weight_of_all'] -%}
        {%- set cases = [] -%}
        {%- for name in allocation_bases() -%}
            {%- do cases.append("when '" ~ name ~ "' then " ~ name ~ '_' ~ part) -%}
        {%- endfor -%}
        {%- do weights.update({part: '(case ' ~ base ~ ' ' ~ cases | join(' ') ~ ' end)'}) -%}
    {%- endfor -%}
    {{ spread_to_line(amount, weights['weight'], weights['weight_so_far'], weights['weight_of_all'], currency) }}
{%- endmacro %}

{#- The parts of contribution_profit, in the order of its sum, with their signs. Charges are negative already, costs are positive. -#}
{% macro profit_parts() -%}
    {{ return({
        'gmv_before_platform_discount': '+',
        'cancelled_base_amount': '-',
        'refunded_base_amount': '-',
        'platform_fee_amount': '+',
        'affiliate_commission_amount': '+',
        'ads_commission_amount': '+',
        'seller_shipping_amount': '+',
        'cogs_amount': '-',
        'order_ad_cost': '-',
    }) }}
{%- endmacro %}

{#-
    The sum of the parts. A part that is listed in `unknown_as_zero` counts as 0 where it is unknown; any other unknown part makes the sum unknown.
    `prefix` is the alias of the rows, with its dot; `suffix` is '_rc' for the reporting currency.
-#}
{% macro profit_sum(prefix='', suffix='', unknown_as_zero=[]) -%}
    {%- for part, sign in profit_parts().items() -%}
        {%- set column = prefix ~ part ~ suffix -%}
        {{ '' if loop.first else ' ' ~ sign ~ ' ' }}{{ 'coalesce(' ~ column ~ ', 0)' if part in unknown_as_zero else column }}
    {%- endfor -%}
{%- endmacro %}

{#-
    What the orders of lines with an unknown profit brought as far as it is known: the parts that are known, less what is in contribution_profit. The parts
    and it give contribution_profit.
-#}
{% macro profit_left_out(prefix='', suffix='') -%}
    {{ profit_sum(prefix, suffix, unknown_as_zero=profit_parts().keys() | list) }} - coalesce({{ prefix }}contribution_profit{{ suffix }}, 0)
{%- endmacro %}

{#-
    Where a profit rests on, of sums of lines: `settled` (all of it), `estimated` (the platform's estimates), `mixed`, `none` (neither yet).
-#}
{% macro profit_basis_of_sums(sales, settled, unheard) -%}
    case
        when {{ settled }} = {{ sales }} then 'settled'
        when {{ unheard }} = {{ sales }} then 'none'
        when {{ settled }} = 0 and {{ unheard }} = 0 then 'estimated'
        else 'mixed'
    end
{%- endmacro %}

{#- What is settled as it is, and of the rest what is usual in the shop: what is left of sales before goods, less the goods that are usually kept. -#}
{% macro expected_profit(rows) -%}
    case
        when {{ rows }}.open_lines = 0 then {{ rows }}.settled_profit
        else
            {{ rows }}.settled_profit
            + {{ money_part(rows ~ '.open_sales_amount', 'left_before_goods_rate') }}
            - {{ money_part(rows ~ '.open_cogs_amount', 'kept_rate') }}
    end
{%- endmacro %}

{#- What a unit costs until it is in the market, of a row of seed `sku_costs`: goods, freight and duty. -#}
{% macro landed_cost() -%}
    unit_cost + coalesce(freight_cost, 0) + coalesce(duty_cost, 0)
{%- endmacro %}

{#-
    What a sale line adds to the profit of whatever it is credited to: the profit, and how much of the sales it rests on. `profits` is the alias of
    fct_order_line_profits, `gmv` an expression of the line's (part of the) sales.
-#}
{% macro profit_evidence(profits, gmv) -%}
    {{ return({
        'contribution_profit': profits ~ '.contribution_profit',
        'contribution_profit_rc': profits ~ '.contribution_profit_rc',
        'profit_earned_amount': 'case when ' ~ profits ~ '.contribution_profit is not null then ' ~ profits ~ '.gmv_before_platform_discount - '
            ~ profits ~ '.cancelled_base_amount - ' ~ profits ~ '.refunded_base_amount end',
        'gmv_without_profit': 'case when ' ~ profits ~ '.contribution_profit is null then ' ~ gmv ~ ' else 0 end',
        'settled_gmv': 'case when ' ~ profits ~ ".profit_basis in ('settled', 'cancelled') then " ~ gmv ~ ' else 0 end',
    }) }}
{%- endmacro %}

{#- The parts that can make a loss, in the order in which equal ones are named, and their (positive) amount in rows of sums. -#}
{% macro loss_parts(rows) -%}
    {{ return({
        'goods': 'coalesce(' ~ rows ~ '.cogs_amount, 0)',
        'refunds': rows ~ '.refunded_base_amount',
        'ads': 'coalesce(' ~ rows ~ '.order_ad_cost, 0)',
        'commissions': '-(coalesce(' ~ rows ~ '.affiliate_commission_amount, 0) + coalesce(' ~ rows ~ '.ads_commission_amount, 0))',
        'shipping': '-coalesce(' ~ rows ~ '.seller_shipping_amount, 0)',
        'platform_fees': '-coalesce(' ~ rows ~ '.platform_fee_amount, 0)',
    }) }}
{%- endmacro %}

{#- How far each part is above what is usual in the shop (alias `rates`) for these sales, each a column `<part>_excess`. -#}
{% macro loss_part_excesses(rows) -%}
    {%- for part, amount in loss_parts(rows).items() -%}
    cast({{ amount }} as double)
        - cast({{ rows }}.gmv_before_platform_discount - {{ rows }}.cancelled_base_amount as double) * coalesce(rates.{{ part }}_rate, 0) as {{ part }}_excess
        {{- ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The part with the greatest excess, of rows that have the columns of `loss_part_excesses`; NULL without a loss. -#}
{% macro loss_part() -%}
    {%- set parts = loss_parts('rows').keys() | list -%}
    case
        when coalesce(contribution_profit, 0) >= 0 then null
        {%- for part in parts %}
        when {{ part }}_excess = greatest({{ parts | join('_excess, ') }}_excess) then '{{ part }}'
        {%- endfor %}
    end
{%- endmacro %}
