{#-
    What is proved once and has not changed need not be proved again. The unique_key test of an incremental model looks at the keys that were
    merged since it last passed, and at the whole table only when that is not known: 0.2 s of CPU instead of 0.8 s for the 2,600,000 lines of
    1,000,000 orders, and there are a dozen tables of that size.

    Why that is a proof: an incremental build deletes all rows whose unique_key is among the new rows, and inserts those. Two rows with the same
    key, of which at least one is new, have their unique_key among the new rows, as the tested columns contain it; two old rows with the same
    key would have been found when they came.

    For a model with a proof there is a table `proofs.<model>`: the values of unique_key that were merged since all of its unique_key tests
    passed. It is made, and emptied, at the end of a run in which they all passed; each merge adds to it, in the transaction of the merge; so
    what a failed, skipped or killed test has not seen is still in it. Without the table the test reads everything: after a full refresh,
    which drops all proofs, and wherever a proof does not fit the model.
-#}

{#- unique_key of a model's configuration as a list. -#}
{% macro unique_key_columns(config) -%}
    {%- set unique_key = config.unique_key -%}
    {{ return([unique_key] if unique_key is string else (unique_key or []) | list) }}
{%- endmacro %}

{#- The table with the keys merged since the last proof of a relation; none when nothing is proved. -#}
{% macro merged_since_proof(relation) -%}
    {{ return(adapter.dispatch('merged_since_proof', 'tiktok_shop_kpi')(relation)) }}
{%- endmacro %}
{#- On another engine nothing is proved: a test reads everything. -#}
{% macro default__merged_since_proof(relation) -%}
    {{ return(none) }}
{%- endmacro %}
{% macro duckdb__merged_since_proof(relation) -%}
    {%- if not execute or relation is string -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(database=relation.database, schema='proofs', identifier=relation.identifier)) }}
{%- endmacro %}

{#- The columns of the proof of the model that is being tested. -#}
{% macro proved_key() -%}
    {{ return(unique_key_columns(graph.nodes[model.attached_node].config)) }}
{%- endmacro %}

{#- SQL that notes the keys of `source`, which are about to be merged into `target`. The proof has these columns: a changed unique_key is a changed
    model, which is built in full and of which nothing is proved. So the database need not be asked, once per model and test. -#}
{% macro note_merged(target, source, unique_key) -%}
    {%- set proof = merged_since_proof(target) -%}
    {%- if proof is not none %}
    insert into {{ proof }} select distinct {{ unique_key_columns({'unique_key': unique_key}) | join(', ') }} from {{ source }};
    {%- endif -%}
{%- endmacro %}

{#- At the start of a run: of a table that is built in full nothing is proved. -#}
{% macro forget_proofs() -%}
    {{ adapter.dispatch('forget_proofs', 'tiktok_shop_kpi')() }}
{%- endmacro %}
{% macro default__forget_proofs() -%}
{%- endmacro %}
{% macro duckdb__forget_proofs() -%}
    {%- if flags.FULL_REFRESH -%}
    drop schema if exists proofs cascade
    {%- elif execute %}
    create schema if not exists proofs;
        {%- for node in graph.nodes.values() if is_rebuilt(node.unique_id) and node.config.materialized == 'incremental' %}
    drop table if exists proofs.{{ node.alias }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- At the end of a run: models of which every unique_key test passed are proved as they are. -#}
{% macro keep_proofs(results) -%}
    {{ adapter.dispatch('keep_proofs', 'tiktok_shop_kpi')(results) }}
{%- endmacro %}
{% macro default__keep_proofs(results) -%}
{%- endmacro %}
{% macro duckdb__keep_proofs(results) -%}
    {%- if execute -%}
        {%- set tests = {} -%}
        {%- set passed = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.test_metadata and node.test_metadata.name == 'unique_key' -%}
            {%- do tests.update({node.attached_node: tests.get(node.attached_node, 0) + 1}) -%}
        {%- endfor -%}
        {%- for result in results if result.node.resource_type == 'test' and result.status == 'pass' and result.failures == 0 -%}
            {%- set node = graph.nodes[result.node.unique_id] -%}
            {%- if node.test_metadata and node.test_metadata.name == 'unique_key' and not node.config.where -%}
                {%- do passed.update({node.attached_node: passed.get(node.attached_node, 0) + 1}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for model_id in passed if passed[model_id] == tests[model_id] and graph.nodes[model_id].config.materialized == 'incremental' -%}
            {%- set model = graph.nodes[model_id] -%}
            {%- if loop.first %}
    create schema if not exists proofs;
            {%- endif %}
    create or replace table proofs.{{ model.alias }} as
        select {{ unique_key_columns(model.config) | join(', ') }} from {{ model.relation_name }} where false;
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
