{#-
    How order-level models are built: whole orders, those that `int_orders__touched` lists. Each begins with the same two lines

        {{ config(materialized='incremental', incremental_strategy='touched_orders', unique_key=['shop_key', 'order_id']) }}
        with touched as (select * from {{ ref('int_orders__touched') }})

    and reads its inputs by `rows_of_touched`. What follows does not know whether all orders are built or some. An order that has no row any more
    leaves with the others: rows of touched orders are deleted, not rows with the keys of the new ones.
-#}

{#- A select of all rows of a relation, in an incremental build of the touched orders only. `order_id` is the relation's column or expression for it. -#}
{% macro rows_of_touched(relation, order_id='order_id') -%}
    select input.*
    from {{ relation }} as input
    {%- if is_incremental() %}
    inner join touched on input.shop_key = touched.shop_key and input.{{ order_id }} = touched.order_id
    {%- endif %}
{%- endmacro %}

{#- The rows of touched orders are replaced. The second column of unique_key holds the order's id. -#}
{% macro get_incremental_touched_orders_sql(arguments) -%}
    {%- set target_relation, new_rows, unique_key = arguments['target_relation'], arguments['temp_relation'], arguments['unique_key'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {{ note_merged(target_relation, new_rows, unique_key) }}
    delete from {{ target_relation }} as built
    where exists (
        select 1 from {{ ref('int_orders__touched') }} as touched
        where touched.shop_key = built.{{ unique_key[0] }} and touched.order_id = built.{{ unique_key[1] }}
    );
    insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ new_rows }}
{%- endmacro %}

{#-
    The id under which a row of a statement belongs to an order: the order's own, that of the order which it adjusts, or, where it has none, the statement's,
    marked as such. `rows` is the alias of the transactions.
-#}
{% macro order_of_transaction(rows) -%}
    coalesce({{ rows }}.order_id, {{ rows }}.adjustment_order_id, {{ dbt.concat(["'statement '", rows ~ ".statement_id"]) }})
{%- endmacro %}

{#- The table in which a build keeps something for the next one; none when it is not there. -#}
{% macro kept_by_builds(name) -%}
    {{ return(adapter.get_relation(database=target.database, schema='builds', identifier=name) if execute) }}
{%- endmacro %}

{#- Whether nothing is known of an earlier build. -#}
{% macro is_first_list() -%}
    {{ return(execute and kept_by_builds('orders_compared') is none) }}
{%- endmacro %}

{#- What order-level models were built from when all of them were last built: `int_orders__compared` of that build, or nothing. -#}
{% macro compared_at_last_build() -%}
    {%- set relation = kept_by_builds('orders_compared') -%}
    {%- if relation %}
    select input, shop_key, subject, digest from {{ relation }}
    {%- else %}
    select cast(null as string) as input, cast(null as string) as shop_key, cast(null as string) as subject, cast(null as string) as digest
    where 1 = 0
    {%- endif -%}
{%- endmacro %}

{#-
    Orders of lists of which not every order-level model was built: a failed, partial or killed run may have put into some models what has left again
    since, and what no comparison with an earlier state can show.
-#}
{% macro unfinished_orders() -%}
    {%- set relation = kept_by_builds('orders_unfinished') -%}
    {%- if relation %}
    select shop_key, order_id from {{ relation }}
    {%- else %}
    select cast(null as string) as shop_key, cast(null as string) as order_id
    where 1 = 0
    {%- endif -%}
{%- endmacro %}

{#- With the list of touched orders: it is unfinished until `keep_compared` says otherwise. -#}
{% macro begin_touched(list) -%}
    {{ statements([
        'create schema if not exists builds',
        'create or replace table builds.orders_unfinished as select shop_key, order_id from ' ~ list,
    ]) }}
    {{ allow_memory(list) }}
{%- endmacro %}

{#-
    At the end of a run: when the list of touched orders and every order-level model was built, that is what the next list is compared with, and nothing
    is unfinished. After a failed, partial or killed run the next list holds the orders of this one, too.
-#}
{% macro keep_compared(results) -%}
    {%- if execute -%}
        {%- set wanted = ['int_orders__compared', 'int_orders__touched'] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.incremental_strategy == 'touched_orders' -%}
            {%- do wanted.append(node.name) -%}
        {%- endfor -%}
        {%- set built = results | selectattr('node.resource_type', 'equalto', 'model') | selectattr('status', 'equalto', 'success') | map(attribute='node.name') | list -%}
        {%- set missing = wanted | reject('in', built) | list -%}
        {%- if missing == [] %}
            {%- set compared = graph.nodes.values() | selectattr('name', 'equalto', 'int_orders__compared') | first %}
    {{ statements([
        'create schema if not exists builds',
        'create or replace table builds.orders_compared as select input, shop_key, subject, digest from ' ~ compared.relation_name,
        'drop table if exists builds.orders_unfinished',
    ]) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
