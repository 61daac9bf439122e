{#- The quantile of level `q` of a forecast, linearly interpolated between the two levels around it.
    NULL where the forecast's levels do not reach it. -#}
{% macro quantile_at(levels, values, q) -%}
  {#- 1e-9: a level that was computed (1 - 0.9) is the level that was written. -#}
  multiIf(
    empty({{ levels }}) or {{ levels }}[1] > {{ q }} + 1e-9 or {{ levels }}[-1] < {{ q }} - 1e-9, null,
    arrayExists(l -> abs(l - {{ q }}) <= 1e-9, {{ levels }}),
      {{ values }}[arrayFirstIndex(l -> abs(l - {{ q }}) <= 1e-9, {{ levels }})],
    {{ values }}[arrayFirstIndex(l -> l > {{ q }}, {{ levels }}) - 1]
      + ({{ values }}[arrayFirstIndex(l -> l > {{ q }}, {{ levels }})]
         - {{ values }}[arrayFirstIndex(l -> l > {{ q }}, {{ levels }}) - 1])
      * ({{ q }} - {{ levels }}[arrayFirstIndex(l -> l > {{ q }}, {{ levels }}) - 1])
      / ({{ levels }}[arrayFirstIndex(l -> l > {{ q }}, {{ levels }})]
         - {{ levels }}[arrayFirstIndex(l -> l > {{ q }}, {{ levels }}) - 1])
  )
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
