one
<%include file="part.txt"/>
