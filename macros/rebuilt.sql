{#-
    What has changed is built in full. `ttkpi build` compares the rule of each model with the one by which its table was built, and hands over
    the ids of those that differ and of all that is made of them (orchestration/build/rules.py). The others stay incremental.
-#}

{#- Whether `ttkpi build` builds a model in full. Read when something runs, never while the project is parsed. -#}
{% macro is_rebuilt(unique_id) -%}
    {{ return(execute and (' ' ~ unique_id ~ ' ') in env_var('TTKPI_REBUILT_MODELS', '')) }}
{%- endmacro %}

{#- In the place of dbt's own, which knows `--full-refresh` and the configuration only. -#}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {{ return(is_rebuilt(model.unique_id) or (flags.FULL_REFRESH if configured is none else configured)) }}
{%- endmacro %}

{#- At the start of a build: a table or view that no model and no seed makes any more leaves, so that nobody publishes what nobody builds. -#}
{% macro drop_relations_of_no_node() -%}
    {{ adapter.dispatch('drop_relations_of_no_node', 'tiktok_shop_kpi')() }}
{%- endmacro %}
{#- An engine without a form of its own keeps it. -#}
{% macro default__drop_relations_of_no_node() -%}{%- endmacro %}
{% macro duckdb__drop_relations_of_no_node() -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set known = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed', 'snapshot'] -%}
            {%- do known.setdefault(node.schema, []).append(node.alias | lower) -%}
        {%- endfor -%}
        {%- for schema in known -%}
            {%- set place = api.Relation.create(database=target.database, schema=schema) -%}
            {%- for found in list_relations_without_caching(place) if found['name'] | lower not in known[schema] -%}
                {%- do adapter.drop_relation(adapter.get_relation(target.database, schema, found['name'])) -%}
            {%- endfor -%}
        {%- endfor -%}
        {#- To list relations begins a transaction, and dbt rolls back what a hook leaves open. -#}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}
