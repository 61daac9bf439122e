{#- A standard deviation of daily log returns as one of a year, of 252 sessions. -#}
{% macro annualised(volatility) -%}
  {{ volatility }} * sqrt(252)
{%- endmacro %}

{#- The date `sessions` weekdays after `date`; of a weekend, as of its Friday. SQL knows no holidays: for dates that are to
    come, until the exchange's session is there. -#}
{% macro weekdays_after(date, sessions) -%}
  addDays({{ date }}, {{ sessions }} + 2 * intDiv(least(toDayOfWeek({{ date }}), 5) - 1 + {{ sessions }}, 5)
    - greatest(toDayOfWeek({{ date }}) - 5, 0))
{%- endmacro %}

{#- A number, or NULL for one that is none. -#}
{% macro finite(value) -%}
  if(isFinite({{ value }}), {{ value }}, null)
{%- endmacro %}

{#- The exchange's sessions, in order: an array for the macros below. -#}
{% macro exchange_sessions() -%}
  (select arraySort(groupArray(session)) from {{ ref('market_sessions') }})
{%- endmacro %}

{#- The place of a session among the exchange's, from 1; 0 for none of them. Not indexOf, which copies a constant array for
    every row. -#}
{% macro session_place(sessions, session) -%}
  transform({{ session }}, {{ sessions }}, arrayEnumerate({{ sessions }}), 0)
{%- endmacro %}

{#- The session `horizon` sessions after `origin`; weekdays after the newest stand for those that have not come yet. -#}
{% macro session_ahead(sessions, origin, horizon) -%}
  {#- Lambdas name a place and a date, so that the array stands in the statement a few times and not dozens. -#}
  arrayMap(
    place -> if(
      place > 0 and place <= length({{ sessions }}), {{ sessions }}[place],
      arrayMap(
        (date, ahead) -> {{ weekdays_after('date', 'ahead') }},
        [if(place = 0, {{ origin }}, {{ sessions }}[-1])],
        [if(place = 0, {{ horizon }}, place - length({{ sessions }}))]
      )[1]
    ),
    [{{ session_place(sessions, origin) }} + {{ horizon }}]
  )[1]
{%- endmacro %}
