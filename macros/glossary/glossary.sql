{#-
    The glossary as rows, read from dbt's own metadata while the model is compiled: whatever builds the numbers builds their definitions,
    and there is no second place that could say something else.
-#}

{#- What the description of a column says, in parts. The shapes are those of models/docs:
    "<definition>. · <中文 label>" or "**<English label> <中文 label>**", then "- **Formula**: ..." and so on, then the same in 中文. -#}
{% macro glossary_parts(description) %}
    {%- set re = modules.re %}
    {%- set chinese = '[\u4e00-\u9fff]' %}
    {%- set parts = {'label_zh': none, 'definition': [], 'definition_zh': []} %}
    {%- for raw_line in (description or '').split('\n') %}
        {%- set line = re.sub('\s+', ' ', raw_line) | trim %}
        {%- set bullet = re.match('- \*\*(.+?)\*\*: (.*)$', line) %}
        {%- set heading = re.match('\*\*(?:.*?) ?(' ~ chinese ~ '.*)\*\*$', line) %}
        {%- if bullet %}
            {%- if bullet.group(1) not in parts %}
                {%- do parts.update({bullet.group(1): bullet.group(2)}) %}
            {%- endif %}
        {%- elif heading and not parts['label_zh'] %}
            {%- do parts.update({'label_zh': heading.group(1)}) %}
        {%- elif re.match('\*\*中文\*\*|[（“]?' ~ chinese, line) %}
            {#- After the 中文 of a block, on its last line, a column says in English what is its own. -#}
            {%- for part in re.split('(?<=[。）])\s+(?=[A-Z`])', re.sub('^\*\*中文\*\*[：:] ?', '', line)) %}
                {%- do (parts['definition_zh'] if re.match('[^A-Za-z]*' ~ chinese, part) or loop.first else parts['definition']).append(part) %}
            {%- endfor %}
        {%- elif ' · ' in line %}
            {%- do parts['definition'].append(line.rsplit(' · ', 1)[0]) %}
            {%- if not parts['label_zh'] %}
                {%- do parts.update({'label_zh': line.rsplit(' · ', 1)[1]}) %}
            {%- endif %}
        {%- elif line %}
            {%- do parts['definition'].append(line) %}
        {%- endif %}
    {%- endfor %}
    {{ return(parts) }}
{% endmacro %}

{#- The English label: the name in words. -#}
{% macro glossary_label(name) %}
    {%- set capitals = ['gmv', 'aov', 'ctr', 'ctor', 'roas', 'mer', 'roi', 'id', 'sku', 'gpm', 'fx', 'utc', 'live', 'sla', 'moq', 'url', 'md5'] %}
    {%- set is_rc = name.endswith('_rc') or '_rc_' in name %}
    {%- set words = [] %}
    {%- for word in (name.strip('_') ~ '_').replace('_rc_', '_').strip('_').split('_') %}
        {%- do words.append(word | upper if word in capitals else (word | capitalize if loop.first else word)) %}
    {%- endfor %}
    {{ return(words | join(' ') ~ (' in reporting currency' if is_rc else '')) }}
{% endmacro %}

{#- The unit, which the type and the name of a column say. `meta: {unit: ...}` of a column says another. -#}
{% macro glossary_unit(name, data_type) %}
    {%- set re = modules.re %}
    {%- set type = data_type | lower %}
    {%- if type.startswith('timestamp') %}{{ return('instant') }}
    {%- elif type == 'date' %}{{ return('date') }}
    {%- elif type == 'boolean' %}{{ return('yes or no') }}
    {%- elif type == 'string' %}{{ return('text') }}
    {%- elif re.search('fx_rate', name) %}{{ return('exchange rate') }}
    {%- elif re.search('_rc(_|$)', name) and type.startswith('decimal') %}{{ return('reporting currency') }}
    {%- elif re.search('(^|_)(roi|roas|mer)(_|$)|_per_view$', name) %}{{ return('ratio') }}
    {%- elif re.search('(_rate|_share|_coverage)(_|$)|(^|_)(ctr|ctor)$', name) %}{{ return('fraction') }}
    {%- elif re.search('(^|_)rank(_|$)', name) %}{{ return('rank') }}
    {%- elif re.search('(?<!_per)_hour$', name) %}{{ return('hour of day') }}
    {%- elif re.search('(^|_)seconds(_|$)', name) %}{{ return('seconds') }}
    {%- elif re.search('(^|_)minutes(_|$)', name) %}{{ return('minutes') }}
    {%- elif re.search('^hours_|_hours$', name) %}{{ return('hours') }}
    {%- elif re.search('_days$|^days_', name) %}{{ return('days') }}
    {%- elif type.replace(' ', '') == 'decimal(18,4)' %}{{ return('shop currency') }}
    {%- elif type in ('double', 'float') %}{{ return('ratio') }}
    {%- else %}{{ return('count') }}
    {%- endif %}
{% endmacro %}

{#- Whose day a figure belongs to. A date's or an instant's name and type say it; a figure has the clock of its mart (`meta: {clock: ...}`), where its own meta has no other. -#}
{% macro glossary_clock(name, data_type, model_clock) %}
    {%- set type = data_type | lower %}
    {%- if type.startswith('timestamp') or name.endswith('_utc') %}{{ return('UTC') }}
    {%- elif 'business_date' in name or name == 'business_hour' %}{{ return('business_date') }}
    {%- elif 'shop_local' in name %}{{ return('shop_local_date') }}
    {%- elif type in ('string', 'boolean') %}{{ return('none') }}
    {%- else %}{{ return(model_clock) }}
    {%- endif %}
{% endmacro %}

{#- The first code in a definition that computes something, for descriptions without a line of their own for the formula. -#}
{% macro glossary_formula(parts) %}
    {%- if modules.re.match('(none|as the platform|text|date)\\b', parts.get('Formula', '')) %}{{ return(none) }}{% endif %}
    {%- if parts.get('Formula') %}{{ return(parts['Formula']) }}{% endif %}
    {%- for code in modules.re.findall('`([^`]+)`', parts['definition'] | join(' ')) %}
        {%- if modules.re.search(' [-+/x] ', code) %}{{ return('`' ~ code ~ '`') }}{% endif %}
    {%- endfor %}
    {{ return(none) }}
{% endmacro %}

{#- One row per column of a mart whose name begins with kpi_, as a table expression with these columns. -#}
{% macro glossary_columns() %}
    {{ return([
        'model_name', 'column_position', 'column_name', 'is_bookkeeping', 'label', 'label_zh', 'definition', 'definition_zh', 'formula', 'clock', 'clock_note', 'unit',
        'unit_note', 'included', 'not_the_same_as', 'data_type', 'domain', 'owner', 'definition_version', 'defined_since', 'version_note', 'definition_digest'
    ]) }}
{% endmacro %}

{% macro glossary_rows() %}
    {%- set rows = [] %}
    {#- Asked of the dialect once, not for each text: a dispatch costs more than all else that is done for a text. -#}
    {%- set escaped_quote = dbt.escape_single_quotes("'") %}
    {%- if execute %}
        {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type == 'model' and node.name.startswith('kpi_') and node.package_name == project_name %}
            {%- for column in node.columns.values() %}
                {%- do rows.append(glossary_row(node, column, loop.index, escaped_quote)) %}
            {%- endfor %}
        {%- endfor %}
    {%- else %}
        {%- do rows.append('(' ~ (['null'] * (glossary_columns() | length)) | join(', ') ~ ')') %}
    {%- endif -%}
    (values
        {{ rows | join(',\n        ') }}
    ) as glossary_rows ({{ glossary_columns() | join(', ') }})
{%- endmacro %}

{% macro glossary_row(node, column, position, escaped_quote) %}
    {%- set parts = glossary_parts(column.description) %}
    {%- set meta = column.config.meta if column.config else column.meta %}
    {%- set is_rc = column.name.endswith('_rc') or '_rc_' in column.name %}
    {#- An amount in the reporting currency is called as the one beside it in shop currency. -#}
    {%- set own = node.columns.get(column.name.replace('_rc', '')) if is_rc else none %}
    {%- set label_zh = meta.get('label_zh') or parts['label_zh'] or (glossary_parts(own.description)['label_zh'] if own else none) %}
    {%- set version = modules.re.match('(\d+) since (\d{4}-\d{2}-\d{2})(?:[:;,.] ?(.*))?$', parts.get('Version', '1 since ' ~ var('definitions_since'))) %}
    {%- if not version %}
        {{ exceptions.raise_compiler_error(node.name ~ '.' ~ column.name ~ ": '- **Version**: " ~ parts['Version'] ~ "' is not '<number> since <YYYY-MM-DD>: <what changed>'.") }}
    {%- endif %}
    {%- set values = [
        node.name,
        position,
        column.name,
        column.name.startswith('_'),
        meta.get('label') or glossary_label(column.name),
        label_zh ~ '（报告币种）' if label_zh and is_rc and '报告币种' not in label_zh else label_zh,
        parts['definition'] | join(' '),
        parts['definition_zh'] | join(' '),
        glossary_formula(parts),
        meta.get('clock') or glossary_clock(column.name, column.data_type, node.config.meta.get('clock')),
        parts.get('Clock'),
        meta.get('unit') or glossary_unit(column.name, column.data_type),
        parts.get('Currency, unit'),
        parts.get('Included'),
        parts.get('Not the same as'),
        column.data_type,
        node.original_file_path.split('/')[-2],
        node.config.meta.get('owner'),
        version.group(1) | int,
        version.group(2),
        version.group(3),
        local_md5(modules.re.sub('\s+', ' ', column.description)),
    ] %}
    {%- set literals = [] %}
    {%- for value in values %}
        {%- if value is none or value is undefined or value == '' %}{% do literals.append('null') %}
        {%- elif value is boolean %}{% do literals.append(value | lower) %}
        {%- elif value is number %}{% do literals.append(value | string) %}
        {%- else %}{% do literals.append("'" ~ (value | replace("'", escaped_quote)) ~ "'") %}
        {%- endif %}
    {%- endfor %}
    {{ return('(' ~ literals | join(', ') ~ ')') }}
{% endmacro %}
