{#- At the end of a run: how each node of it ended, in one insert into ops.dbt_results. Nothing where that table is not,
    and nothing for commands that build and test nothing. -#}
{% macro record_results(results) -%}
  {%- if not execute or flags.WHICH not in ('build', 'run', 'test', 'seed', 'snapshot') or not results -%}
    {{ return('') }}
  {%- endif -%}
  {%- if not adapter.get_relation(database=none, schema='ops', identifier='dbt_results') -%}
    {{ return('') }}
  {%- endif -%}
  {%- set whole = flags.WHICH == 'build' and not (invocation_args_dict.get('select') or invocation_args_dict.get('exclude')) -%}
  {%- set invoked_at = run_started_at.isoformat() -%}
  {%- set rows = [] -%}
  {%- for result in results -%}
    {%- set finished = result.timing | map(attribute='completed_at') | select | list -%}
    {%- do rows.append(tojson({
      'invocation_id': invocation_id,
      'invoked_at': invoked_at,
      'whole': whole,
      'unique_id': result.node.unique_id,
      'kind': result.node.resource_type | string,
      'name': result.node.name,
      'status': result.status | string,
      'seconds': result.execution_time,
      'failures': result.failures,
      'message': (result.message or '')[:1000],
      'finished_at': (finished[-1] if finished else modules.datetime.datetime.now(modules.pytz.utc)).isoformat(),
    })) -%}
  {%- endfor -%}
  {#- As JSON in one literal: what a message says is then never a part of the statement. -#}
  insert into ops.dbt_results
  select
    invocation_id, parseDateTime64BestEffort(invoked_at, 6, 'UTC'), whole, unique_id, kind, name, status, seconds,
    failures, message, parseDateTime64BestEffort(finished_at, 6, 'UTC')
  from format(
    JSONEachRow,
    'invocation_id String, invoked_at String, whole Bool, unique_id String, kind String, name String, status String,
      seconds Float64, failures Nullable(UInt64), message String, finished_at String',
    '{{ rows | join("\n") | replace("\\", "\\\\") | replace("'", "\\'") }}'
  )
{%- endmacro %}
