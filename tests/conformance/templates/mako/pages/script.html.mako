<script>let value = ${value | json};</script>
