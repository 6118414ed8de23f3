with lines as (
    select * from {{ ref('fct_affiliate_order_lines') }}
    -- An order that was never paid owes nobody anything; one from before the first day of the sync is taken at its word.
    where units_sold > 0 or not is_order_known
)

-- Commission of the creator's partner goes to the partner, whom the platform names by the campaign, if at all.
, parts as (
    select
        shop_key,
        'creator' as payee_type,
        coalesce(creator_username, 'unknown') as payee,
        order_id,
        currency,
        commission_basis,
        order_create_time,
        fx_rate,
        case when est_commission is not null
            then coalesce(est_standard_commission, 0) + coalesce(est_shop_ads_commission, 0) + coalesce(est_cofunded_commission, 0)
        end as promised_amount,
        case when actual_commission is not null
            then coalesce(actual_standard_commission, 0) + coalesce(actual_shop_ads_commission, 0) + coalesce(actual_cofunded_commission, 0)
        end as actual_amount
    from lines
    union all
    select
        shop_key,
        'partner' as payee_type,
        coalesce(case when collaboration_type = 'campaign' then collaboration_id end, 'unknown') as payee,
        order_id,
        currency,
        commission_basis,
        order_create_time,
        fx_rate,
        case when est_commission is not null then coalesce(est_partner_commission, 0) end as promised_amount,
        case when actual_commission is not null then coalesce(actual_partner_commission, 0) end as actual_amount
    from lines
    where coalesce(est_partner_commission, 0) <> 0 or coalesce(actual_partner_commission, 0) <> 0
)

, taken as (
    select
        *,
        -- A line without an estimate promised what was settled of it; until then nobody knows.
        coalesce(promised_amount, case when commission_basis <> 'estimated' then coalesce(actual_amount, 0) end) as est_amount
    from parts
)

, decided as (
    select
        *,
        case
            when commission_basis = 'settled' then coalesce(actual_amount, est_amount)
            when commission_basis = 'ineligible' then coalesce(actual_amount, 0)
            else 0
        end as settled_amount,
        case when commission_basis = 'estimated' then est_amount else 0 end as due_amount
    from taken
)

, split as (
    select
        *,
        -- Promised and not paid, as the buyer got the money back or the order was not eligible.
        est_amount - settled_amount - due_amount as clawed_back_amount
    from decided
)

select
    cast(shop_key as string) as shop_key,
    cast(payee_type as string) as payee_type,
    cast(payee as string) as payee,
    cast(currency as string) as currency,
    cast(count(distinct order_id) as bigint) as orders,
    {{ instant('max(order_create_time)') }} as last_order_at,
    -- An order whose commission came empty leaves what was promised and is due unknown, not lower.
    {{ money('case when count(*) = count(est_amount) then sum(est_amount) end') }} as accrued_amount,
    {{ money('sum(settled_amount)') }} as settled_amount,
    {{ money('case when count(*) = count(clawed_back_amount) then sum(clawed_back_amount) end') }} as clawed_back_amount,
    {{ money('case when count(*) = count(due_amount) then sum(due_amount) end') }} as due_amount,
    cast('{{ var("reporting_currency") }}' as string) as reporting_currency,
    -- An order without a rate leaves the sum unknown, not lower.
    {%- for amount in ['est', 'settled', 'clawed_back', 'due'] %}
    {{ money('case when count(*) = count(fx_rate) and count(*) = count(' ~ amount ~ '_amount) then sum(' ~ to_reporting(amount ~ '_amount', 'fx_rate') ~ ') end') }}
        as {{ 'accrued' if amount == 'est' else amount }}_amount_rc{{ ',' if not loop.last }}
    {%- endfor %}
from split
group by shop_key, payee_type, payee, currency
