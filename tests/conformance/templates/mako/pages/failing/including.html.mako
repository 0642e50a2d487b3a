one
<%include file="failing/page.html"/>
