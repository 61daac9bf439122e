{#- All that can be said of a model's rows, in one pass: no two agree in `key`; each of `complete` has a value, as in the test
    of that name; each of `ranges` ({column: [min, max]}, null for an open end) lies in its range; each of `values` ({column:
    [value, ...]}) is one of them. In ranges and values NULL is no value; bounds may be expressions. `final`: of a
    ReplacingMergeTree, as its readers see it. Rows of the answer say of which key what is wrong. -#}
{% test sound(model, key, complete=[], ranges={}, values={}, final=false) %}
{%- set rules = [] %}
{%- for column in complete %}
  {%- do rules.append((column ~ ' is missing', column ~ " is null or toString(" ~ column ~ ") in ('', 'nan', 'inf', '-inf')")) %}
{%- endfor %}
{%- for column, (least, most) in ranges.items() %}
  {%- set bounds = ([column ~ ' >= ' ~ least] if least is not none else []) + ([column ~ ' <= ' ~ most] if most is not none else []) %}
  {%- do rules.append((column ~ ' is out of its range', 'not ifNull(' ~ bounds | join(' and ') ~ ', true)')) %}
{%- endfor %}
{%- for column, allowed in values.items() %}
  {%- do rules.append((column ~ ' is none of its values', "not ifNull(toString(" ~ column ~ ") in ('" ~ allowed | join("', '") ~ "'), true)")) %}
{%- endfor %}
select
  {{ key | join(', ') }},
  if(count() > 1, 'the key is there twice', ['{{ rules | map(attribute=0) | join("', '") }}'][max(broken)]) as fault
from (
  select
    {{ key | join(', ') }},
    multiIf(
      {%- for rule in rules %}
      {{ rule[1] }}, {{ loop.index }},
      {%- endfor %}
      {{ '0, 0,' if not rules }}
      0
    ) as broken
  from {{ model }} {{ 'final' if final }}
)
group by {{ key | join(', ') }}
having count() > 1 or max(broken) > 0
settings optimize_aggregation_in_order = 1
{% endtest %}
