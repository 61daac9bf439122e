{#- The quantile of level `q` of a forecast, linearly interpolated between the two levels around it.
    NULL where the forecast's levels do not reach it. `q` may be a level, or the variable of a lambda. -#}
{% macro quantile_at(levels, values, q) -%}
  {#- A lambda for the place of the first level that is not below: named once, it is found once. 1e-9: a level that was
      computed (1 - 0.9) is the level that was written. -#}
  arrayMap(
    place -> multiIf(
      place = 0, null,
      {{ levels }}[place] <= {{ q }} + 1e-9, {{ values }}[place],
      place = 1, null,
      {{ values }}[place - 1]
        + ({{ values }}[place] - {{ values }}[place - 1]) * ({{ q }} - {{ levels }}[place - 1])
        / ({{ levels }}[place] - {{ levels }}[place - 1])
    ),
    [arrayFirstIndex(level -> level >= {{ q }} - 1e-9, {{ levels }})]
  )[1]
{%- endmacro %}

{#- Mean pinball loss over a forecast's levels: max(q (y - v), (q - 1) (y - v)). NULL without quantiles. -#}
{% macro pinball(levels, values, realised) -%}
  if(
    empty({{ levels }}), null,
    arrayAvg((q, v) -> greatest(q * ({{ realised }} - v), (q - 1) * ({{ realised }} - v)), {{ levels }}, {{ values }})
  )
{%- endmacro %}

{#- Whether the sign was forecast: half a hit without a statement of direction, NULL where nothing moved. As in training. -#}
{% macro direction_hit(point, realised) -%}
  multiIf({{ realised }} = 0, null, {{ point }} = 0, 0.5, sign({{ point }}) = sign({{ realised }}), 1., 0.)
{%- endmacro %}
